-- all that one employee's year is decided from, one row an employee: the opening workforce and the
-- year's hires, with their hazards, their draws, and the day from which they are gone
with year_parameters as (
    select * from {{ ref('int_year_parameters') }}
    where simulation_year = {{ var('simulation_year') }}
),

opening as (
    select * from {{ ref('int_opening_workforce') }}
),

leavers as (
    select * from {{ ref('int_opening_terminations') }}
    where
        simulation_year = {{ var('simulation_year') }}
        and {{ shardrun.shard_filter('employee_key') }}
),

layoffs as (
    select * from {{ ref('int_layoffs') }}
    where simulation_year = {{ var('simulation_year') }}
),

hires as (
    select * from {{ ref('int_hires') }}
    where
        simulation_year = {{ var('simulation_year') }}
        and {{ shardrun.shard_filter('employee_key') }}
),

hazards as (
    select * from {{ ref('stg_hazards') }}
),

employees as (
    select
        opening.simulation_year,
        opening.employee_id,
        opening.employee_key,
        opening.birth_date,
        opening.hire_date,
        false as is_new_hire,
        opening.job_level,
        opening.compensation,
        opening.is_enrolled,
        opening.deferral_rate,
        opening.age,
        opening.age_band,
        opening.tenure_years,
        opening.tenure_band,
        coalesce(leavers.termination_date, layoffs.termination_date) as termination_date,
        case
            when layoffs.termination_date is not null then 'layoff'
            else leavers.termination_reason
        end as termination_reason
    from opening
    left join leavers using (employee_id)
    left join layoffs using (employee_id)
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
        0 as deferral_rate,
        age,
        age_band,
        tenure_years,
        tenure_band,
        termination_date,
        termination_reason
    from hires
),

facing as (
    select
        employees.*,
        -- whatever else happens to an employee happens before this day
        coalesce(employees.termination_date, year_parameters.last_day + 1) as gone_from,
        hazards.promotion_hazard,
        hazards.enrollment_hazard,
        hazards.opt_out_hazard,
        hazards.deferral_change_hazard,
        year_parameters.* exclude (simulation_year)
    from employees
    left join hazards using (age_band, tenure_band, job_level)
    cross join year_parameters
)

{{ shardrun.draws(
    'facing',
    streams=[
        'promotion', 'promotion_date', 'performance', 'deferral_change',
        'enrollment', 'enrollment_date', 'enrollment_rate', 'opt_out', 'opt_out_date'
    ],
    key='employee_key', period='simulation_year', seed='random_seed'
) }}
