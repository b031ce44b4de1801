{#-
    The shard, 0 .. total_shards - 1, that an id falls in. Shards are equal ranges of shard_key,
    so that a table sorted by its key is read one range a shard, not once whole by every shard.
-#}
{% macro hash_shard(column, total_shards) -%}
{{ shardrun.shard_of_key(shardrun.shard_key(column), total_shards) }}
{%- endmacro %}
