-- promotion and raise, each on the pay of its day; on one day the promotion comes first
with employees as (
    select * from {{ ref('int_raises') }}
),

ordered as (
    select
        *,
        promotion_date is not null and (raise_date is null or promotion_date <= raise_date)
            as promotion_is_first
    from employees
),

first_changes as (
    select
        *,
        case
            when raise_date is null or promotion_is_first then compensation
            else cast(round(compensation * (1 + raise_rate), 2) as decimal(12, 2))
        end as promotion_compensation_before
    from ordered
),

promotions as (
    select
        *,
        greatest(
            cast(
                round(promotion_compensation_before * (1 + promotion_increase), 2) as decimal(12, 2)
            ),
            promoted_min_compensation
        ) as promotion_compensation_after
    from first_changes
),

raises as (
    select
        *,
        case when promotion_is_first then promotion_compensation_after else compensation end
            as raise_compensation_before
    from promotions
)

select
    *,
    cast(round(raise_compensation_before * (1 + raise_rate), 2) as decimal(12, 2))
        as raise_compensation_after
from raises
