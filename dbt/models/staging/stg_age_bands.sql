-- one row an age in completed years, so that a band is found by an equal join
with bands as (
    select * from {{ ref('age_bands') }}
),

ranges as (
    select
        age_band,
        min_age,
        lead(min_age, 1, 151) over (order by min_age) as next_min_age
    from bands
)

select
    cast(unnest(range(min_age, next_min_age)) as integer) as age,
    age_band
from ranges
order by age
