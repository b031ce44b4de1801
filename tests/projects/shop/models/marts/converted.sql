{{ config(materialized='ephemeral') }}
select orders.*, cast(orders.amount * exchange.rate as decimal(12, 2)) as local_amount
from {{ ref('stg_orders') }} as orders
cross join {{ source('rates', 'exchange') }} as exchange
where exchange.currency = '{{ var("currency") }}'
