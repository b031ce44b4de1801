-- one row a tenure in completed years, so that a band is found by an equal join
with bands as (
    select * from {{ ref('tenure_bands') }}
),

ranges as (
    select
        tenure_band,
        min_tenure_years,
        lead(min_tenure_years, 1, 151) over (order by min_tenure_years) as next_min_tenure_years
    from bands
)

select
    cast(unnest(range(min_tenure_years, next_min_tenure_years)) as integer) as tenure_years,
    tenure_band
from ranges
order by tenure_years
