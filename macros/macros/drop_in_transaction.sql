{#-
    Drop a relation in the transaction of the statement that follows, so that it stays where that one
    fails. adapter.drop_relation commits at once.
-#}
{% macro drop_in_transaction(relation) %}
{% call statement('drop') -%}
    drop {{ relation.type }} {{ relation }} cascade
{%- endcall %}
{% endmacro %}
