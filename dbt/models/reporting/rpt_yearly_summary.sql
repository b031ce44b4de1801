-- what a person wants to see first, one row a year; `shardrun run` prints it
with bridge as (
    select * from {{ ref('rpt_headcount_bridge') }}
),

compensation as (
    select * from {{ ref('rpt_compensation_growth') }}
),

events as (
    select
        simulation_year,
        cast(sum(events) as bigint) as events
    from {{ ref('rpt_events_by_type') }}
    group by simulation_year
),

plan_cost as (
    select * from {{ ref('rpt_plan_cost') }}
)

select
    bridge.simulation_year,
    bridge.opening_headcount,
    bridge.hires,
    bridge.experienced_leavers + bridge.new_hire_leavers as leavers,
    bridge.closing_headcount,
    bridge.growth_rate,
    compensation.total_compensation,
    compensation.average_compensation,
    coalesce(events.events, 0) as events,
    plan_cost.participation_rate,
    plan_cost.employee_contributions,
    plan_cost.employer_match
from bridge
inner join compensation using (simulation_year)
left join events using (simulation_year)
inner join plan_cost using (simulation_year)
order by bridge.simulation_year
