{% if var('simulation_year') % 2 == 0 %}
select * from {{ ref('even') }}
{% else %}
select * from {{ ref('odd') }}
{% endif %}
