-- everyone who was employed on any day of the year, as they entered it
with opening as (
    select * from {{ ref('int_opening_workforce') }}
),

hires as (
    select * from {{ ref('int_hires') }}
    where simulation_year = {{ var('simulation_year') }}
)

select
    simulation_year,
    employee_id,
    employee_key,
    birth_date,
    hire_date,
    false as is_new_hire,
    job_level,
    compensation,
    is_enrolled,
    deferral_rate
from opening
union all
select
    simulation_year,
    employee_id,
    employee_key,
    birth_date,
    hire_date,
    true as is_new_hire,
    job_level,
    compensation,
    false as is_enrolled,
    0 as deferral_rate
from hires
