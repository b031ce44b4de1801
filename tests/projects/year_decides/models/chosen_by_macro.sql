{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='simulation_year') }}
select * from {{ parity() }}
