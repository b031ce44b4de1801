{{ config(materialized='external', location=env_var('SHOP_OUT') ~ '/orders.parquet') }}
select * from {{ ref('fct_orders') }}
