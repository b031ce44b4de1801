{#- The shard, 0 .. total_shards - 1, of a stored shard_key. -#}
{% macro shard_of_key(key, total_shards) -%}
cast(((({{ key }}) >> 32) * {{ total_shards }}) >> 32 as integer)
{%- endmacro %}
