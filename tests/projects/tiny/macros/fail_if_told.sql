{# Fails while it runs, not while it compiles, in the year that the environment names. #}
{% macro fail_if_told() -%}
    {%- if env_var('TINY_FAILS_IN', '') == var('simulation_year') | string -%}
    where error('the rabbits have left') is null
    {%- endif -%}
{%- endmacro %}
