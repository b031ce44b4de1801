{# Fails while it runs, not while it compiles, in the stage that the environment names; or, where it
   names a year, in the state of that year. #}
{% macro fail_if_told(stage, keyword='where') -%}
    {%- set told = env_var('TINY_FAILS_IN', '') -%}
    {%- set now = [stage] + ([var('simulation_year') | string] if stage == 'STATE_ACCUMULATION' else []) -%}
    {%- if told in now -%}
    {{ keyword }} error('the rabbits have left') is null
    {%- endif -%}
{%- endmacro %}
