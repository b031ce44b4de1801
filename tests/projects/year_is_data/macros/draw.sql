{# A constant var decides on the SQL, the year is a number in it. #}
{% macro draw(stream, key) %}
    {%- set streams = var('random_streams') -%}
    {%- if stream not in streams -%}
        {{ exceptions.raise_compiler_error("no stream " ~ stream) }}
    {%- endif -%}
    ({{ key }} * 31 + {{ streams[stream] }} + {{ var('simulation_year') }}) % 7
{% endmacro %}
