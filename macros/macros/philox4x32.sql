{#-
    Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011) in plain SQL.

    Selects all of `relation` and, for each block b, four state columns philox_<b>_0 .. philox_<b>_3
    that hold the block's four 32-bit words as ubigint.

    One nested select a round: a round reads each word of the round before it twice, so that one
    single expression would grow to 2^10 terms. Blocks share the ten selects.

    relation  a name or a parenthesized select
    blocks    {block number: [four sql expressions]}, the counters, each below 2^32
    key       [two sql expressions], each below 2^32
-#}
{% macro philox4x32(relation, blocks, key) %}
{%- set mask = '4294967295::ubigint' -%}
{%- for _ in range(10) %}
select
    * replace (
    {%- set bumped_0 = '((%s + %d::ubigint) & %s)' % (key[0], (2654435769 * (9 - loop.index0)) % 4294967296, mask) %}
    {%- set bumped_1 = '((%s + %d::ubigint) & %s)' % (key[1], (3144134277 * (9 - loop.index0)) % 4294967296, mask) %}
    {%- for block in blocks %}
    {%- set s = 'philox_' ~ block ~ '_' %}
        xor(xor((3449720151::ubigint * {{ s }}2) >> 32, {{ s }}1), {{ bumped_0 }}) as {{ s }}0,
        (3449720151::ubigint * {{ s }}2) & {{ mask }} as {{ s }}1,
        xor(xor((3528531795::ubigint * {{ s }}0) >> 32, {{ s }}3), {{ bumped_1 }}) as {{ s }}2,
        (3528531795::ubigint * {{ s }}0) & {{ mask }} as {{ s }}3{{ ',' if not loop.last }}
    {%- endfor %}
    )
from (
{%- endfor %}
select
    *
    {%- for block, counter in blocks.items() %}
    {%- for word in counter %},
    cast({{ word }} as ubigint) as philox_{{ block }}_{{ loop.index0 }}
    {%- endfor %}
    {%- endfor %}
from {{ relation }}
{%- for _ in range(10) %}
)
{%- endfor %}
{% endmacro %}
