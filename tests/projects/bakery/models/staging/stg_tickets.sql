with source as (
    select * from {{ ref('raw_tickets') }}
)

select
    id as ticket_id,
    guest as guest_id,
    cast(day as date) as day
from source
