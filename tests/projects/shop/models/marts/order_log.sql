{{ config(materialized='incremental', incremental_strategy='append') }}
select {{ var('simulation_year') }} as simulation_year, count(*) as orders from {{ ref('fct_orders') }}
