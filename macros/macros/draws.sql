{#-
    Selects all of `relation` and one column draw_<stream> for each named stream: a ubigint that is
    uniform on 0 .. 2^32 - 1 and a pure function of (seed, key, period, stream). It is the same for
    every thread, shard, row order and engine version, and it does not change when other streams
    are added, or when a scenario changes (common random numbers).

    A stream is one of the four words of one Philox block. Which one is its place in the list
    var('random_streams'): append to that list, never reorder it, or every draw changes.

    relation  a name or a parenthesized select
    streams   names from var('random_streams')
    key       a ubigint expression, see shard_key
    period    an integer expression, 0 or more
    seed      a ubigint expression
-#}
{% macro draws(relation, streams, key, period, seed) %}
{%- set registry = var('random_streams') -%}
{%- set blocks = {} -%}
{%- for stream in streams -%}
    {%- if stream not in registry -%}
        {{ exceptions.raise_compiler_error(
            "no random stream '" ~ stream ~ "'; var random_streams has: " ~ registry | join(', ')
        ) }}
    {%- endif -%}
    {%- set block = registry.index(stream) // 4 -%}
    {%- do blocks.update({block: [
        '(' ~ key ~ ') & 4294967295::ubigint', '(' ~ key ~ ') >> 32', period, block
    ]}) -%}
{%- endfor %}
select
    * exclude (
    {%- for block in blocks %}
        philox_{{ block }}_0, philox_{{ block }}_1, philox_{{ block }}_2, philox_{{ block }}_3
        {{- ',' if not loop.last }}
    {%- endfor %}
    )
    {%- for stream in streams %}
    {%- set place = registry.index(stream) %},
    philox_{{ place // 4 }}_{{ place % 4 }} as draw_{{ stream }}
    {%- endfor %}
from (
{{- shardrun.philox4x32(
    relation,
    blocks,
    ['((' ~ seed ~ ') & 4294967295::ubigint)', '((' ~ seed ~ ') >> 32)']
) -}}
)
{% endmacro %}
