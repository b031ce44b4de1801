-- Everyone's years in two databases held against each other, one row a person and year that either
-- has, in the years that both have simulated. Draws are common, so a person of both is the same one.
--
-- in_base, in_alt      whether the person is there in the year
-- is_parted            whether the person is there in one alone, or something else happens
-- has_other_amounts    whether pay or plan amounts differ
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

-- 128 bits a life: with lists of events the comparison takes three times as long and twice the
-- memory
lives as (
    select
        side,
        simulation_year,
        employee_id,
        bit_xor(md5_number(concat_ws('|', event_sequence, event_type, effective_date, event_reason)))
            as events
    from events
    group by side, simulation_year, employee_id
),

person_years as (
    select
        side,
        simulation_year,
        employee_id,
        coalesce(lives.events, 0) as events,
        md5_number(concat_ws('|',
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
    base.events is not null as in_base,
    alt.events is not null as in_alt,
    base.events is distinct from alt.events as is_parted,
    base.amounts is distinct from alt.amounts as has_other_amounts
from base
full outer join alt using (simulation_year, employee_id)
