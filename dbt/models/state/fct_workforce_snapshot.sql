-- everyone employed on any day of the year, as the year leaves them
{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='simulation_year'
) }}
with contributions as (
    select * from {{ ref('int_plan_contributions') }}
),

age_bands as (
    select * from {{ ref('stg_age_bands') }}
),

tenure_bands as (
    select * from {{ ref('stg_tenure_bands') }}
)

select
    contributions.simulation_year,
    contributions.employee_id,
    contributions.employee_key,
    contributions.employment_status,
    contributions.birth_date,
    contributions.hire_date,
    contributions.termination_date,
    contributions.termination_reason,
    contributions.age,
    age_bands.age_band,
    contributions.tenure_years,
    tenure_bands.tenure_band,
    contributions.job_level,
    contributions.starting_compensation,
    contributions.current_compensation,
    contributions.prorated_compensation,
    contributions.is_enrolled,
    contributions.deferral_rate,
    cast(contributions.employee_contributions as decimal(12, 2)) as employee_contributions,
    contributions.employer_match
from contributions
left join age_bands using (age)
left join tenure_bands using (tenure_years)
{{ shardrun.canonical_order_by(
    ['contributions.simulation_year', 'contributions.employee_key', 'contributions.employee_id']
) }}
