-- the roster of hires: candidates in order, up to the last one whom the growth target needs.
-- Some leave again within the year, by the rule that holds for everyone; they are replaced.
{% set block, strands = 8192, 4 %}
with year_parameters as (
    select * from {{ ref('int_year_parameters') }}
    where simulation_year = {{ var('simulation_year') }}
),

headcount_plan as (
    select * from {{ ref('int_headcount_plan') }}
    where simulation_year = {{ var('simulation_year') }}
),

profile as (
    select * from {{ ref('stg_hire_profile') }}
),

age_bands as (
    select * from {{ ref('stg_age_bands') }}
),

tenure_bands as (
    select * from {{ ref('stg_tenure_bands') }}
),

worst_case as (
    select max(hazards.termination_hazard) as termination_hazard
    from (select distinct job_level, min_age, max_age from profile) as hired_into
    inner join age_bands on age_bands.age between hired_into.min_age and hired_into.max_age
    inner join tenure_bands on tenure_bands.tenure_years = 0
    inner join {{ ref('stg_hazards') }} as hazards using (age_band, tenure_band, job_level)
),

-- ten standard deviations more than the worst hazard of a hire makes necessary on average
pool as (
    select
        headcount_plan.simulation_year,
        headcount_plan.surviving_hires,
        cast(
            headcount_plan.surviving_hires / (1 - worst_case.termination_hazard)
            + 10 * sqrt(headcount_plan.surviving_hires) / (1 - worst_case.termination_hazard) + 20
            as bigint
        ) as candidates
    from headcount_plan
    cross join worst_case
    where headcount_plan.surviving_hires > 0
),

blocks as (
    select
        *,
        unnest(range(candidates // {{ block }} + 1)) as block
    from pool
),

-- DuckDB takes unnest for one row, and would hash all candidates to look up level and hazard; what
-- range() yields it knows. A strand is one thread's work. Of 1,100,000 candidates on two cores, less
-- than half of the time and of the memory.
numbered as (
    {% for strand in range(strands) %}
    select
        blocks.simulation_year,
        blocks.surviving_hires,
        blocks.block * {{ block }} + place.range + 1 as hire_number
    from range({{ strand * block // strands }}, {{ (strand + 1) * block // strands }}) as place
    cross join blocks
    where blocks.block * {{ block }} + place.range < blocks.candidates
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

named as (
    select
        *,
        printf('NH_%d_%07d', simulation_year, hire_number) as employee_id
    from numbered
),

keyed as (
    select
        named.*,
        {{ shardrun.shard_key('named.employee_id') }} as employee_key,
        year_parameters.random_seed
    from named
    cross join year_parameters
),

drawn as (
    {{ shardrun.draws(
        'keyed',
        streams=['hire_level', 'hire_age', 'hire_date', 'hire_compensation'],
        key='employee_key', period='simulation_year', seed='random_seed'
    ) }}
),

dated as (
    select
        drawn.* exclude (random_seed),
        year_parameters.first_day
        + {{ shardrun.pick('drawn.draw_hire_date', 'year_parameters.days_in_year') }} as hire_date,
        year_parameters.pay_scale
    from drawn
    cross join year_parameters
),

profiled as (
    select
        dated.simulation_year,
        dated.surviving_hires,
        dated.hire_number,
        dated.employee_id,
        dated.employee_key,
        dated.hire_date,
        -- ages in days, a year being 365.25 of them
        dated.hire_date - (
            (profile.min_age * 1461 + 3) // 4
            + {{ shardrun.pick(
                'dated.draw_hire_age', 'greatest((profile.max_age - profile.min_age) * 1461 // 4, 1)'
            ) }}
        ) as birth_date,
        profile.job_level,
        -- whole units of currency, uniform over the level's starting pay
        cast(cast(round(profile.min_compensation * dated.pay_scale) as bigint)
        + {{ shardrun.pick(
            'dated.draw_hire_compensation',
            '1 + cast(round((profile.max_compensation - profile.min_compensation) * dated.pay_scale)
                as bigint)'
        ) }} as decimal(12, 2)) as compensation
    from dated
    left join profile
        on {{ shardrun.pick('dated.draw_hire_level', 1000) }} = profile.slot
),

candidates as (
    select
        profiled.*,
        age_bands.age,
        age_bands.age_band,
        tenure_bands.tenure_years,
        tenure_bands.tenure_band,
        profiled.hire_date + 1 as at_risk_from
    from profiled
    left join age_bands on date_sub('year', profiled.birth_date, profiled.hire_date) = age_bands.age
    left join tenure_bands on tenure_bands.tenure_years = 0
),

{{ termination_rule('candidates') }},

survivors as (
    select
        *,
        termination_date is null as survives,
        sum(cast(termination_date is null as bigint)) over (
            order by hire_number rows unbounded preceding
        ) as survivors_so_far
    from decided
)

select
    simulation_year,
    employee_id,
    employee_key,
    birth_date,
    hire_date,
    job_level,
    compensation,
    age,
    age_band,
    tenure_years,
    tenure_band,
    termination_date,
    termination_reason
from survivors
where survivors_so_far - cast(survives as bigint) < surviving_hires
{{ shardrun.canonical_order_by(['employee_key', 'employee_id']) }}
