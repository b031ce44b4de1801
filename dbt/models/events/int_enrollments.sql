-- enrollment: those outside the plan join it, on a day from their eligibility on, at a rate drawn
with employees as (
    select * from {{ ref('int_compensation_changes') }}
),

choices as (
    select * from {{ ref('stg_deferral_choices') }}
),

eligible as (
    select
        *,
        greatest(hire_date + eligibility_wait_days, first_day) as eligible_from,
        greatest(last_day - greatest(hire_date + eligibility_wait_days, first_day) + 1, 0)
            as eligible_days
    from employees
),

drawn as (
    select
        *,
        eligible_from + {{ shardrun.pick('draw_enrollment_date', 'eligible_days') }} as drawn_date
    from eligible
)

select
    drawn.* exclude (eligible_from, eligible_days, drawn_date),
    case
        when
            not drawn.is_enrolled
            and drawn.drawn_date < drawn.gone_from
            and {{ shardrun.occurs(
                'drawn.draw_enrollment',
                'drawn.enrollment_hazard * drawn.eligible_days / drawn.days_in_year'
            ) }}
            then drawn.drawn_date
    end as enrollment_date,
    choices.deferral_rate as enrolled_rate
from drawn
left join choices
    on {{ shardrun.pick('drawn.draw_enrollment_rate', 1000) }} = choices.slot
