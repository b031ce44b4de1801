-- events, and the pay that they moved, one row a year and type
with events as (
    select * from {{ ref('fct_yearly_events') }}
)

select
    simulation_year,
    event_type,
    count(*) as events,
    cast(sum(compensation_after - compensation_before) as decimal(18, 2)) as compensation_change
from events
group by simulation_year, event_type
order by simulation_year, event_type
