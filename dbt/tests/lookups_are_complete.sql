-- INITIALIZATION: what a person can get wrong in dbt/seeds/, in one statement, because a row that
-- finds no match in a lookup would be lost without a word
{{ config(tags=['INITIALIZATION']) }}
with hazards as (
    select * from {{ ref('stg_hazards') }}
),

age_bands as (
    select distinct age_band from {{ ref('stg_age_bands') }}
),

tenure_bands as (
    select distinct tenure_band from {{ ref('stg_tenure_bands') }}
),

job_levels as (
    select * from {{ ref('stg_job_levels') }}
),

reasons as (
    select * from {{ ref('stg_termination_reasons') }}
),

cells as (
    select
        age_bands.age_band,
        tenure_bands.tenure_band,
        job_levels.job_level
    from age_bands
    cross join tenure_bands
    cross join job_levels
),

problems as (
    select
        'hazards' as seed,
        'no hazard for ' || cells.age_band || ', ' || cells.tenure_band || ', level '
        || cells.job_level as problem
    from cells
    left join hazards using (age_band, tenure_band, job_level)
    where
        hazards.termination_hazard is null
        or hazards.promotion_hazard is null
        or hazards.enrollment_hazard is null
        or hazards.opt_out_hazard is null
        or hazards.deferral_change_hazard is null
    union all
    select
        'hazards',
        'a hazard below 0 or above 1 in ' || age_band || ', ' || tenure_band || ', level '
        || job_level
    from hazards
    where
        least(
            termination_hazard, promotion_hazard, enrollment_hazard, opt_out_hazard,
            deferral_change_hazard
        ) < 0
        or greatest(
            termination_hazard, promotion_hazard, enrollment_hazard, opt_out_hazard,
            deferral_change_hazard
        ) > 1
    union all
    select
        'hazards',
        'a termination hazard above 0.95 leaves no hires to meet a growth target with'
    from hazards
    having max(termination_hazard) > 0.95
    union all
    select
        'termination_reasons',
        'the weights of ' || age_bands.age_band || ' do not fill 1,000 slots'
    from age_bands
    left join reasons using (age_band)
    group by age_bands.age_band
    having count(distinct reasons.slot) != 1000 or count(*) != 1000
    {%- for seed, key in {
        'performance_ratings': 'performance_rating',
        'deferral_choices': 'deferral_rate',
        'hire_profile': 'job_level',
        'plan_limits': 'plan_year',
        'termination_reasons': '(age_band, termination_reason)'
    }.items() %}
    union all
    select
        '{{ seed }}',
        'a row stands twice: {{ key }} = ' || cast({{ key }} as varchar)
    from {{ ref(seed) }}
    group by {{ key }}
    having count(*) > 1
    {%- endfor %}
    {%- for seed, lookup in {
        'performance_ratings': 'stg_performance_ratings',
        'deferral_choices': 'stg_deferral_choices',
        'hire_profile': 'stg_hire_profile'
    }.items() %}
    union all
    select
        '{{ seed }}',
        'the weights do not fill 1,000 slots'
    from {{ ref(lookup) }}
    having count(distinct slot) != 1000 or count(*) != 1000
    {%- endfor %}
    union all
    select
        'age_bands, tenure_bands',
        'the first band does not begin at 0'
    where
        (select min(age) from {{ ref('stg_age_bands') }}) is distinct from 0
        or (select min(tenure_years) from {{ ref('stg_tenure_bands') }}) is distinct from 0
    union all
    select
        'job_levels',
        'levels are not 1, 2, 3 and so on, each once'
    from job_levels
    having min(job_level) != 1 or max(job_level) != count(*) or count(distinct job_level) != count(*)
    union all
    select
        'hire_profile',
        'level ' || profile.job_level || ' is not in job_levels'
    from (select distinct job_level from {{ ref('stg_hire_profile') }}) as profile
    anti join job_levels using (job_level)
    union all
    select
        'census',
        'level ' || census.job_level || ' is not in job_levels'
    from (select distinct job_level from {{ ref('stg_census') }}) as census
    anti join job_levels using (job_level)
    union all
    select
        'plan_limits',
        'there is no year'
    where (select count(*) from {{ ref('stg_plan_limits') }}) = 0
)

-- error(), because of a test that fails dbt tells only how many rows it found
select string_agg(seed || ': ' || problem, '; ' order by seed, problem) as told
from problems
having
    count(*) > 0
    and error(string_agg(seed || ': ' || problem, '; ' order by seed, problem)) is null
