-- promotion: one level up, on a day drawn from the whole year, for those here since before it began
with employees as (
    select * from {{ ref('int_employee_year') }}
),

levels as (
    select * from {{ ref('stg_job_levels') }}
),

drawn as (
    select
        employees.*,
        levels.is_top_level,
        employees.first_day
        + {{ shardrun.pick('employees.draw_promotion_date', 'employees.days_in_year') }} as drawn_date
    from employees
    left join levels using (job_level)
),

decided as (
    select
        * exclude (is_top_level, drawn_date),
        case
            when
                not is_new_hire
                and not is_top_level
                and drawn_date < gone_from
                and {{ shardrun.occurs('draw_promotion', 'promotion_hazard') }}
                then drawn_date
        end as promotion_date
    from drawn
)

select
    decided.*,
    next_levels.job_level as promoted_level,
    cast(round(next_levels.min_compensation * decided.pay_scale, 2) as decimal(12, 2))
        as promoted_min_compensation
from decided
left join levels as next_levels
    on decided.job_level + 1 = next_levels.job_level
