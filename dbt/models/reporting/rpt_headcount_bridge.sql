-- from the year's opening headcount to its closing one, one row a year
with snapshot as (
    select * from {{ ref('fct_workforce_snapshot') }}
),

counted as (
    select
        simulation_year,
        count(*) filter (where employment_status not like 'new_hire%') as opening_headcount,
        count(*) filter (where employment_status like 'new_hire%') as hires,
        count(*) filter (where employment_status = 'experienced_termination')
            as experienced_leavers,
        count(*) filter (where employment_status = 'new_hire_termination') as new_hire_leavers,
        count(*) filter (where termination_reason = 'layoff') as layoffs,
        count(*) filter (where employment_status in ('continuous_active', 'new_hire_active'))
            as closing_headcount
    from snapshot
    group by simulation_year
)

select
    simulation_year,
    opening_headcount,
    hires,
    experienced_leavers,
    new_hire_leavers,
    layoffs,
    closing_headcount,
    cast(round(closing_headcount / nullif(opening_headcount, 0) - 1, 6) as decimal(9, 6))
        as growth_rate,
    cast(round(
        (experienced_leavers + new_hire_leavers)
        / nullif((opening_headcount + closing_headcount) / 2, 0), 6
    ) as decimal(9, 6)) as turnover_rate
from counted
order by simulation_year
