-- what holds for everyone in one year, one row a year
{%- set earlier = source('previous_year', 'int_year_parameters') %}
with parameters as (
    select * from {{ ref('stg_parameters') }}
),

limits as (
    select * from {{ ref('stg_plan_limits') }}
),

previous as (
    {% if shardrun.relation_exists(earlier) -%}
    select pay_scale from {{ earlier }} where simulation_year = {{ var('simulation_year') }} - 1
    {%- else -%}
    select pay_scale from parameters where false
    {%- endif %}
),

-- the last year known; a year before the first known takes the first
limits_in_force as (
    select *
    from limits
    order by
        plan_year <= {{ var('simulation_year') }} desc,
        abs(plan_year - {{ var('simulation_year') }}) asc,
        plan_year asc
    limit 1
)

select
    cast({{ var('simulation_year') }} as integer) as simulation_year,
    parameters.start_year,
    parameters.random_seed,
    make_date({{ var('simulation_year') }}, 1, 1) as first_day,
    make_date({{ var('simulation_year') }}, 12, 31) as last_day,
    cast(
        make_date({{ var('simulation_year') }} + 1, 1, 1)
        - make_date({{ var('simulation_year') }}, 1, 1) as integer
    ) as days_in_year,
    cast({{ var('simulation_year') }} || '-' || parameters.raise_date as date) as raise_date,
    cast({{ var('simulation_year') }} || '-' || parameters.escalation_date as date)
        as escalation_date,
    parameters.target_growth_rate,
    parameters.cola_rate,
    parameters.merit_budget,
    parameters.promotion_increase,
    parameters.eligibility_wait_days,
    parameters.escalation_step,
    parameters.escalation_cap,
    -- pay levels follow the cost of living from the start year on
    cast(coalesce(
        round(previous.pay_scale * (1 + parameters.cola_rate), 9),
        parameters.pay_scale
    ) as decimal(18, 9)) as pay_scale,
    limits_in_force.elective_deferral_limit,
    limits_in_force.catch_up_limit,
    limits_in_force.catch_up_age,
    limits_in_force.compensation_limit
from parameters
cross join limits_in_force
left join previous on parameters.start_year < {{ var('simulation_year') }}
