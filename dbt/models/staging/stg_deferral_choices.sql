with choices as (
    select * from {{ ref('deferral_choices') }}
),

slots as (
    {{ weighted_slots('choices', choice='deferral_rate') }}
)

select
    slot,
    cast(deferral_rate as decimal(5, 4)) as deferral_rate
from slots
order by slot
