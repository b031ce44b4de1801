{{ config(materialized='incremental', incremental_strategy='microbatch', event_time='ordered_on',
          batch_size='year', begin='2025-01-01') }}
select order_id, cast(ordered_on as timestamp) as ordered_on, amount from {{ ref('stg_orders') }}
