{{ config(tags=['VALIDATION']) }}

select simulation_year, closing_rabbits
from {{ ref('fct_rabbits') }}
where simulation_year = {{ var('simulation_year') }}
{{ fail_if_told('VALIDATION', 'and') }}
{% if env_var('TINY_RABBITS_ARE_COUNTED', 'once') == 'twice' %}
union all
select simulation_year, closing_rabbits
from {{ ref('fct_rabbits') }}
{% endif %}
