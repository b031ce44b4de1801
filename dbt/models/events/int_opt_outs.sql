-- opt-out: those in the plan since before the year began leave it, on a day drawn from the year
with employees as (
    select * from {{ ref('int_enrollments') }}
),

drawn as (
    select
        *,
        first_day + {{ shardrun.pick('draw_opt_out_date', 'days_in_year') }} as drawn_date
    from employees
)

select
    * exclude (drawn_date),
    case
        when
            is_enrolled
            and drawn_date < gone_from
            and {{ shardrun.occurs('draw_opt_out', 'opt_out_hazard') }}
            then drawn_date
    end as opt_out_date
from drawn
