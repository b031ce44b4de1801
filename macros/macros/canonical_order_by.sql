{#-
    The explicit ORDER BY of a canonical table. `columns` must end in a unique key of the table:
    ties come in another order in every run.
-#}
{% macro canonical_order_by(columns) -%}
order by
{%- for column in columns %}
    {{ column }} asc nulls last{{ ',' if not loop.last }}
{%- endfor %}
{%- endmacro %}
