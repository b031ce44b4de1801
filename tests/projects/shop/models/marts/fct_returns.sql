{{ config(alias='returned_orders', materialized='table') }}
select order_id, returned_on from {{ source('lake', 'returns') }}
where extract(year from returned_on) <= {{ var('simulation_year') }}
