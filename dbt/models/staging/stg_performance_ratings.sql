with ratings as (
    select * from {{ ref('performance_ratings') }}
),

slots as (
    {{ weighted_slots('ratings', choice='performance_rating') }}
)

select
    slot,
    performance_rating,
    cast(merit_multiplier as decimal(9, 6)) as merit_multiplier
from slots
order by slot
