-- Everyone's years in two databases held against each other, one row a person and year that either
-- has, in the years that both have simulated. Draws are common, so a person of both is the same one.
--
-- base_events, alt_events        what happened in the year, in order; null where the person is not in
-- is_parted                      whether these differ
with base_events as (
    select * from simulation.main.fct_yearly_events
),

alt_events as (
    select * from other.main.fct_yearly_events
),

base_snapshot as (
    select * from simulation.main.fct_workforce_snapshot
),

alt_snapshot as (
    select * from other.main.fct_workforce_snapshot
),

years as (
    select distinct simulation_year from base_snapshot
    intersect
    select distinct simulation_year from alt_snapshot
),

base_lives as (
    select
        simulation_year,
        employee_id,
        list({'type': event_type, 'day': effective_date, 'reason': event_reason}
            order by event_sequence) as events
    from base_events
    group by simulation_year, employee_id
),

alt_lives as (
    select
        simulation_year,
        employee_id,
        list({'type': event_type, 'day': effective_date, 'reason': event_reason}
            order by event_sequence) as events
    from alt_events
    group by simulation_year, employee_id
),

base_years as (
    select
        base_snapshot.simulation_year,
        base_snapshot.employee_id,
        coalesce(base_lives.events, []) as events,
        md5(concat_ws('|',
            job_level, starting_compensation, current_compensation, prorated_compensation,
            is_enrolled, deferral_rate, employee_contributions, employer_match
        )) as amounts
    from base_snapshot
    left join base_lives using (simulation_year, employee_id)
),

alt_years as (
    select
        alt_snapshot.simulation_year,
        alt_snapshot.employee_id,
        coalesce(alt_lives.events, []) as events,
        md5(concat_ws('|',
            job_level, starting_compensation, current_compensation, prorated_compensation,
            is_enrolled, deferral_rate, employee_contributions, employer_match
        )) as amounts
    from alt_snapshot
    left join alt_lives using (simulation_year, employee_id)
)

select
    simulation_year,
    employee_id,
    base_years.events as base_events,
    alt_years.events as alt_events,
    base_years.events is distinct from alt_years.events as is_parted,
    base_years.amounts is distinct from alt_years.amounts as has_other_amounts
from base_years
full outer join alt_years using (simulation_year, employee_id)
inner join years using (simulation_year)
