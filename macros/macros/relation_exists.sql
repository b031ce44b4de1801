{#- True where the relation is in the database; false while dbt parses. -#}
{% macro relation_exists(relation) %}
{{ return(execute and load_relation(relation) is not none) }}
{% endmacro %}
