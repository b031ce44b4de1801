-- Everyone's years in two databases held against each other, one row a person and year that either
-- has, in the years that both have simulated. Draws are common, so a person of both is the same one.
--
-- base_events, alt_events        what happened in the year, in order; null where the person is not in
-- is_parted                      whether these differ
with events as (
    select 'base' as side, * from simulation.main.fct_yearly_events
    union all by name
    select 'alt' as side, * from other.main.fct_yearly_events
),

snapshots as (
    select 'base' as side, * from simulation.main.fct_workforce_snapshot
    union all by name
    select 'alt' as side, * from other.main.fct_workforce_snapshot
),

common_years as (
    select simulation_year
    from snapshots
    group by simulation_year
    having count(distinct side) = 2
),

lives as (
    select
        side,
        simulation_year,
        employee_id,
        list({'type': event_type, 'day': effective_date, 'reason': event_reason}
            order by event_sequence) as events
    from events
    group by side, simulation_year, employee_id
),

person_years as (
    select
        side,
        simulation_year,
        employee_id,
        coalesce(lives.events, []) as events,
        md5(concat_ws('|',
            job_level, starting_compensation, current_compensation, prorated_compensation,
            is_enrolled, deferral_rate, employee_contributions, employer_match
        )) as amounts
    from snapshots
    inner join common_years using (simulation_year)
    left join lives using (side, simulation_year, employee_id)
),

base as (
    select * from person_years where side = 'base'
),

alt as (
    select * from person_years where side = 'alt'
)

select
    simulation_year,
    employee_id,
    base.events as base_events,
    alt.events as alt_events,
    base.events is distinct from alt.events as is_parted,
    base.amounts is distinct from alt.amounts as has_other_amounts
from base
full outer join alt using (simulation_year, employee_id)
