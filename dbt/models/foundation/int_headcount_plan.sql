-- how many must join, or be laid off, for the year to end exactly on its growth target
with year_parameters as (
    select * from {{ ref('int_year_parameters') }}
    where simulation_year = {{ var('simulation_year') }}
),

opening as (
    select count(*) as opening_headcount from {{ ref('int_opening_workforce') }}
),

leavers as (
    select count(*) as opening_leavers from {{ ref('int_opening_terminations') }}
    where simulation_year = {{ var('simulation_year') }}
),

targeted as (
    select
        year_parameters.simulation_year,
        opening.opening_headcount,
        leavers.opening_leavers,
        cast(round(opening.opening_headcount * (1 + year_parameters.target_growth_rate)) as bigint)
            as target_headcount
    from opening
    cross join leavers
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
