{{ config(contract={'enforced': true}) }}
select cast(customer_id as bigint) as customer_id, cast(name as varchar) as name
from {{ ref('stg_customers') }}
