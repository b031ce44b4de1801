-- everyone employed as the year begins: the census in the first year, then last year's closing
{{ config(materialized='ephemeral') }}
{%- set closing = source('previous_year', 'fct_workforce_snapshot') %}
with year_parameters as (
    select * from {{ ref('int_year_parameters') }}
    where simulation_year = {{ var('simulation_year') }}
),

census as (
    select * from {{ ref('stg_census') }}
),

age_bands as (
    select * from {{ ref('stg_age_bands') }}
),

tenure_bands as (
    select * from {{ ref('stg_tenure_bands') }}
),

employed as (
    select
        census.employee_id,
        census.employee_key,
        census.birth_date,
        census.hire_date,
        census.job_level,
        census.compensation,
        census.is_enrolled,
        census.deferral_rate
    from census
    inner join year_parameters on year_parameters.start_year = year_parameters.simulation_year
    where {{ shardrun.shard_filter('census.employee_key') }}
    {%- if shardrun.relation_exists(closing) %}
    union all
    select
        closing.employee_id,
        closing.employee_key,
        closing.birth_date,
        closing.hire_date,
        closing.job_level,
        closing.current_compensation as compensation,
        closing.is_enrolled,
        closing.deferral_rate
    from {{ closing }} as closing
    inner join year_parameters on year_parameters.start_year < year_parameters.simulation_year
    where
        closing.simulation_year = {{ var('simulation_year') }} - 1
        and closing.employment_status in ('continuous_active', 'new_hire_active')
        and {{ shardrun.shard_filter('closing.employee_key') }}
    {%- endif %}
),

aged as (
    select
        employed.*,
        year_parameters.simulation_year,
        date_sub('year', employed.birth_date, year_parameters.first_day) as age,
        date_sub('year', employed.hire_date, year_parameters.first_day) as tenure_years
    from employed
    cross join year_parameters
)

select
    aged.simulation_year,
    aged.employee_id,
    aged.employee_key,
    aged.birth_date,
    aged.hire_date,
    aged.job_level,
    aged.compensation,
    aged.is_enrolled,
    aged.deferral_rate,
    cast(aged.age as integer) as age,
    age_bands.age_band,
    cast(aged.tenure_years as integer) as tenure_years,
    tenure_bands.tenure_band
from aged
left join age_bands on aged.age = age_bands.age
left join tenure_bands on aged.tenure_years = tenure_bands.tenure_years
