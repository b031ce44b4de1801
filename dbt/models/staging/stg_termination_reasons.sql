with reasons as (
    select * from {{ ref('termination_reasons') }}
),

slots as (
    {{ weighted_slots('reasons', choice='termination_reason', within='age_band') }}
)

select
    age_band,
    slot,
    termination_reason
from slots
{{ shardrun.canonical_order_by(['age_band', 'slot']) }}
