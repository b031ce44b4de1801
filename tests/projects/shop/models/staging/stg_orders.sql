select
    order_id, customer_id, ordered_on, cast(amount as decimal(12, 2)) as amount, status,
    cast(updated_on as timestamp) as updated_on
from {{ ref('orders') }}
where extract(year from ordered_on) <= {{ var('simulation_year') }}
