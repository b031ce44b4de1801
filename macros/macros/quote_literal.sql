{#- Text as a sql string literal, quotes doubled. -#}
{% macro quote_literal(text) -%}
'{{ text | string | replace("'", "''") }}'
{%- endmacro %}
