-- how many must join, or be laid off, for the year to end exactly on its growth target
with year_parameters as (
    select * from {{ ref('int_year_parameters') }}
    where simulation_year = {{ var('simulation_year') }}
),

terminations as (
    select * from {{ ref('int_opening_terminations') }}
),

counted as (
    select
        count(*) as opening_headcount,
        count(termination_date) as opening_leavers
    from terminations
),

targeted as (
    select
        year_parameters.simulation_year,
        counted.opening_headcount,
        counted.opening_leavers,
        cast(round(counted.opening_headcount * (1 + year_parameters.target_growth_rate)) as bigint)
            as target_headcount
    from counted
    cross join year_parameters
)

select
    simulation_year,
    opening_headcount,
    opening_leavers,
    target_headcount,
    -- of the year's hires, those who must still be here when it ends
    greatest(target_headcount - (opening_headcount - opening_leavers), 0) as surviving_hires,
    greatest((opening_headcount - opening_leavers) - target_headcount, 0) as layoffs
from targeted
