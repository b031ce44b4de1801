-- deferral change: on the escalation date, those in the plan since before the year began who take
-- part in automatic escalation defer one step more, up to the cap
with employees as (
    select * from {{ ref('int_opt_outs') }}
),

decided as (
    select
        *,
        case
            when
                is_enrolled
                and deferral_rate < escalation_cap
                and escalation_date < gone_from
                and (opt_out_date is null or escalation_date < opt_out_date)
                and {{ shardrun.occurs('draw_deferral_change', 'deferral_change_hazard') }}
                then escalation_date
        end as deferral_change_date
    from employees
)

select
    *,
    least(deferral_rate + escalation_step, escalation_cap) as escalated_rate
from decided
