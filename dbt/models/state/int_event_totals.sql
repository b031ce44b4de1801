-- one employee's events of the year in one row. An event changes pay from its day on, a termination
-- from the day after it; each change is weighted by the days of the year that it holds for, so that
-- what the year began with plus these sums is the year prorated by days.
with events as (
    select * from {{ ref('fct_yearly_events') }}
    where simulation_year = {{ var('simulation_year') }}
),

year_parameters as (
    select * from {{ ref('int_year_parameters') }}
    where simulation_year = {{ var('simulation_year') }}
),

weighted as (
    select
        events.*,
        year_parameters.last_day - events.effective_date
        + case when events.event_type = 'termination' then 0 else 1 end as days_in_force
    from events
    cross join year_parameters
)

select
    employee_id,
    max(effective_date) filter (where event_type = 'termination') as termination_date,
    max(event_reason) filter (where event_type = 'termination') as termination_reason,
    max(job_level_after) as job_level,
    count(*) filter (where event_type = 'enrollment')
    - count(*) filter (where event_type = 'opt_out') as enrollment_change,
    -- a leaver keeps the pay and the rate of the last day
    sum(compensation_after - compensation_before)
        filter (where event_type not in ('hire', 'termination')) as compensation_change,
    sum(deferral_rate_after - deferral_rate_before)
        filter (where event_type != 'termination') as deferral_rate_change,
    cast(sum((compensation_after - compensation_before) * days_in_force) as decimal(18, 2))
        as compensation_days_change,
    cast(sum((
        compensation_after * deferral_rate_after - compensation_before * deferral_rate_before
    ) * days_in_force) as decimal(24, 6)) as deferral_days_change
from weighted
group by employee_id
