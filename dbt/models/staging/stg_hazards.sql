-- every rule's yearly hazard in every cell of age band, tenure band and job level, one row a cell
with base as (
    select * from {{ ref('hazards') }}
),

by_age as (
    select * from {{ ref('hazard_age_multipliers') }}
),

by_tenure as (
    select * from {{ ref('hazard_tenure_multipliers') }}
),

by_level as (
    select * from {{ ref('hazard_level_multipliers') }}
),

cells as (
    select
        by_age.age_band,
        by_tenure.tenure_band,
        by_level.job_level,
        base.event_type,
        least(
            cast(base.base_hazard as decimal(9, 6)) * cast(by_age.multiplier as decimal(6, 3))
            * cast(by_tenure.multiplier as decimal(6, 3)) * cast(by_level.multiplier as decimal(6, 3)),
            cast(base.max_hazard as decimal(9, 6))
        ) as hazard
    from base
    inner join by_age using (event_type)
    inner join by_tenure using (event_type)
    inner join by_level using (event_type)
)

select
    age_band,
    tenure_band,
    cast(job_level as tinyint) as job_level,
    {%- for rule in ['termination', 'promotion', 'enrollment', 'opt_out', 'deferral_change'] %}
    cast(max(hazard) filter (where event_type = '{{ rule }}') as double) as {{ rule }}_hazard
    {{- ',' if not loop.last }}
    {%- endfor %}
from cells
group by age_band, tenure_band, job_level
{{ shardrun.canonical_order_by(['age_band', 'tenure_band', 'job_level']) }}
