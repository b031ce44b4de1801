-- participation in the plan and what it cost, one row a year
with snapshot as (
    select * from {{ ref('fct_workforce_snapshot') }}
),

summed as (
    select
        simulation_year,
        count(*) filter (where employment_status in ('continuous_active', 'new_hire_active'))
            as closing_headcount,
        count(*) filter (
            where employment_status in ('continuous_active', 'new_hire_active') and is_enrolled
        ) as participants,
        sum(deferral_rate) filter (
            where employment_status in ('continuous_active', 'new_hire_active') and is_enrolled
        ) as deferral_rates,
        sum(prorated_compensation) as total_compensation,
        sum(employee_contributions) as employee_contributions,
        sum(employer_match) as employer_match
    from snapshot
    group by simulation_year
)

select
    simulation_year,
    participants,
    cast(round(participants / nullif(closing_headcount, 0), 6) as decimal(9, 6))
        as participation_rate,
    cast(round(deferral_rates / nullif(participants, 0), 6) as decimal(9, 6))
        as average_deferral_rate,
    cast(employee_contributions as decimal(18, 2)) as employee_contributions,
    cast(employer_match as decimal(18, 2)) as employer_match,
    cast(round(employer_match / nullif(total_compensation, 0), 6) as decimal(9, 6))
        as employer_match_rate
from summed
order by simulation_year
