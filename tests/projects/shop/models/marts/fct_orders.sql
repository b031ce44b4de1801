{{ config(materialized='incremental', incremental_strategy='merge', unique_key='order_id',
          post_hook="insert into {{ target.schema }}.run_log values ({{ var('simulation_year') }}, 'hook')") }}
select * from {{ ref('converted') }}
{% if is_incremental() %}
where extract(year from ordered_on) = {{ var('simulation_year') }}
{% endif %}
