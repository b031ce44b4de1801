{#- True with the given probability: `draw` is a column of draws(), `probability` any number. -#}
{% macro occurs(draw, probability) -%}
({{ draw }} < ({{ probability }}) * 4294967296)
{%- endmacro %}
