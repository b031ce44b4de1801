{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='year') }}
select extract(year from ordered_on) as year, sum(amount) as amount
from {{ ref('fct_orders') }}
group by all
