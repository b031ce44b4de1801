{#-
    The termination rule as CTEs, the last one `decided`: `population` with a termination_hazard, a
    termination_date and a termination_reason, both null where the employee stays.

    A yearly hazard counts in proportion to the days at risk; the day is uniform on them.

    population  a CTE with simulation_year, employee_id, employee_key, age_band, tenure_band,
                job_level and at_risk_from (the first day on which the employee can leave), beside
                a CTE year_parameters of one row
-#}
{% macro termination_rule(population) %}
hazards as (
    select * from {{ ref('stg_hazards') }}
),

reasons as (
    select * from {{ ref('stg_termination_reasons') }}
),

at_risk as (
    select
        {{ population }}.*,
        hazards.termination_hazard,
        year_parameters.random_seed,
        year_parameters.days_in_year,
        year_parameters.last_day - {{ population }}.at_risk_from + 1 as days_at_risk
    from {{ population }}
    left join hazards using (age_band, tenure_band, job_level)
    cross join year_parameters
),

risk_drawn as (
    {{ shardrun.draws(
        'at_risk',
        streams=['termination', 'termination_date', 'termination_reason'],
        key='employee_key', period='simulation_year', seed='random_seed'
    ) }}
),

risk_dated as (
    select
        risk_drawn.*,
        case
            when {{ shardrun.occurs(
                'draw_termination', 'termination_hazard * days_at_risk / days_in_year'
            ) }}
                then at_risk_from + {{ shardrun.pick('draw_termination_date', 'days_at_risk') }}
        end as termination_date
    from risk_drawn
),

decided as (
    select
        risk_dated.* exclude (
            at_risk_from, days_at_risk, days_in_year, random_seed,
            draw_termination, draw_termination_date, draw_termination_reason
        ),
        case when risk_dated.termination_date is not null then reasons.termination_reason end
            as termination_reason
    from risk_dated
    left join reasons
        on
            risk_dated.age_band = reasons.age_band
            and {{ shardrun.pick('risk_dated.draw_termination_reason', 1000) }} = reasons.slot
)
{% endmacro %}
