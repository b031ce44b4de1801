-- what was paid and what the closing workforce earns, one row a year
with snapshot as (
    select * from {{ ref('fct_workforce_snapshot') }}
),

summed as (
    select
        simulation_year,
        sum(prorated_compensation) as total_compensation,
        sum(current_compensation) filter (
            where employment_status in ('continuous_active', 'new_hire_active')
        ) as closing_payroll,
        count(*) filter (where employment_status in ('continuous_active', 'new_hire_active'))
            as closing_headcount
    from snapshot
    group by simulation_year
),

averaged as (
    select
        *,
        cast(round(closing_payroll / nullif(closing_headcount, 0), 2) as decimal(12, 2))
            as average_compensation
    from summed
)

select
    simulation_year,
    cast(total_compensation as decimal(18, 2)) as total_compensation,
    cast(closing_payroll as decimal(18, 2)) as closing_payroll,
    average_compensation,
    cast(round(
        average_compensation / lag(average_compensation) over (order by simulation_year) - 1, 6
    ) as decimal(9, 6)) as average_compensation_growth_rate
from averaged
order by simulation_year
