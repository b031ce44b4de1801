with source as (
    select * from {{ ref('raw_receipts') }}
)

select
    id as receipt_id,
    ticket as ticket_id,
    method,
    -- a floating-point number, as most projects add up; of whole quarters, whose sums are exact
    round(cents / 25) / 4 as amount
from source
