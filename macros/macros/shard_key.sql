{#-
    The 64-bit key of an entity: the upper half of the md5 of its id as text. Draws and shards
    hang on it alone, so it must never depend on an engine version, as hash() does.
-#}
{% macro shard_key(column) -%}
md5_number_upper(cast({{ column }} as varchar))
{%- endmacro %}
