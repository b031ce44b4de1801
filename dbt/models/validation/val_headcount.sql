-- the year's headcount counted three ways: planned, by events and by snapshot
{{ config(materialized='ephemeral') }}
{%- set closing = source('previous_year', 'fct_workforce_snapshot') %}
with year_parameters as (
    select * from {{ ref('int_year_parameters') }}
    where simulation_year = {{ var('simulation_year') }}
),

headcount_plan as (
    select * from {{ ref('int_headcount_plan') }}
    where simulation_year = {{ var('simulation_year') }}
),

census as (
    select count(*) as headcount from {{ ref('stg_census') }}
),

previous as (
    {% if shardrun.relation_exists(closing) -%}
    select count(*) as headcount
    from {{ closing }}
    where
        simulation_year = {{ var('simulation_year') }} - 1
        and employment_status in ('continuous_active', 'new_hire_active')
    {%- else -%}
    select 0 as headcount
    {%- endif %}
),

events as (
    select
        count(*) filter (where event_type = 'hire') as hires,
        count(*) filter (where event_type = 'termination') as leavers
    from {{ ref('fct_yearly_events') }}
    where simulation_year = {{ var('simulation_year') }}
),

snapshot as (
    select
        count(*) as employees,
        count(distinct employee_id) as distinct_employees,
        count(*) filter (where employment_status in ('continuous_active', 'new_hire_active'))
            as closing_headcount
    from {{ ref('fct_workforce_snapshot') }}
    where simulation_year = {{ var('simulation_year') }}
),

counted as (
    select
        case
            when year_parameters.start_year = year_parameters.simulation_year
                then census.headcount
            else previous.headcount
        end as opening_headcount,
        events.hires,
        events.leavers,
        snapshot.employees,
        snapshot.distinct_employees,
        snapshot.closing_headcount,
        headcount_plan.opening_headcount as planned_opening_headcount,
        headcount_plan.target_headcount
    from year_parameters
    cross join census
    cross join previous
    cross join events
    cross join snapshot
    left join headcount_plan on true
),

compared as (
    select
        unnest([
            {
                'check_name': 'headcount_adds_up',
                'expected': opening_headcount + hires - leavers,
                'actual': closing_headcount
            },
            {
                'check_name': 'everyone_is_counted',
                'expected': opening_headcount + hires,
                'actual': employees
            },
            {
                'check_name': 'nobody_is_counted_twice',
                'expected': employees,
                'actual': distinct_employees
            },
            {
                'check_name': 'plan_starts_from_opening',
                'expected': opening_headcount,
                'actual': planned_opening_headcount
            },
            {
                'check_name': 'growth_is_on_target',
                'expected': target_headcount,
                'actual': closing_headcount
            }
        ], recursive := true)
    from counted
)

select
    check_name,
    expected,
    actual,
    abs(coalesce(expected, 0) - coalesce(actual, 0)) as contradictions
from compared
