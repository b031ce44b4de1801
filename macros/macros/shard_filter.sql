{#-
    A condition that keeps the rows of the current shard: vars shard_id and total_shards, both
    left out on the default path, where it is `true`. It is the same set as
    shard_of_key(key, total_shards) = shard_id, written as a range that DuckDB can prune by.
    With the var entity_key it keeps the rows of that one key: a shard of one.
-#}
{% macro shard_filter(key) -%}
{%- set total = var('total_shards', 1) | int -%}
{%- set shard = var('shard_id', 0) | int -%}
{%- set entity = var('entity_key', none) -%}
{%- if entity is not none -%}
({{ key }} = {{ entity }}::ubigint)
{%- elif total == 1 -%}
true
{%- else -%}
{%- set first = (shard * 4294967296 + total - 1) // total -%}
{%- set next = ((shard + 1) * 4294967296 + total - 1) // total -%}
({{ key }} >= {{ first * 4294967296 }}::ubigint
{%- if shard + 1 < total %} and {{ key }} < {{ next * 4294967296 }}::ubigint{% endif %})
{%- endif -%}
{%- endmacro %}
