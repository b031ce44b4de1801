{{ config(materialized='incremental') }}
select {{ var('simulation_year') }} as simulation_year, count(*) as events
from {{ ref('events') }}
where simulation_year = {{ var('simulation_year') }}
{% if execute and load_relation(this) is not none %}
and not exists (from {{ this }} where simulation_year = {{ var('simulation_year') }})
{% endif %}
{% if var('simulation_year') > 2025 %}
-- a condition on the year that decides on nothing but SQL
{% endif %}
