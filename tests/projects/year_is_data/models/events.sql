{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='simulation_year') }}
{% set year = var('simulation_year') | int %}
{% for rule in ['hire', 'leave'] %}
select {{ year }} as simulation_year, * from {{ ref('rule_' ~ rule) }} where draw = 1
{% if not loop.last %}union all{% endif %}
{% endfor %}
{% if is_incremental() %}
-- rows of other years stay
{% endif %}
