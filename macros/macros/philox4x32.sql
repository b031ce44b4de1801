{#-
    Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011) in plain SQL.

    Selects all of `relation` and, for each block b, the block's four 32-bit words as ubigint columns
    philox_<b>_0 .. philox_<b>_3.

    One nested select a round: a round reads each product of the round before it twice, so that one
    single expression would grow to 2^10 terms. Carried from round to round are the two 64-bit
    products (left, right) and the two words that pass unmultiplied, and one key for all blocks:
    this way the text has a third of the tokens that four words a round need, and dbt runs every
    ephemeral model through sqlparse, which is slow and stops at 10,000 tokens.

    relation  a name or a parenthesized select
    blocks    {block number: [four sql expressions]}, the counters, each below 2^32
    key       [two sql expressions], each below 2^32
-#}
{% macro philox4x32(relation, blocks, key) -%}
{%- set low = '& 4294967295' -%}
select
    * exclude (philox_key_0,philox_key_1
    {%- for b in blocks -%}
        ,philox_{{ b }}_left,philox_{{ b }}_right,philox_{{ b }}_1,philox_{{ b }}_3
    {%- endfor -%}
    )
    {%- for b in blocks -%}{%- set p = 'philox_' ~ b ~ '_' %},
    xor(xor({{ p }}right>>32,{{ p }}1),philox_key_0) as {{ p }}0,
    {{ p }}right {{ low }} as {{ p }}1,
    xor(xor({{ p }}left>>32,{{ p }}3),philox_key_1) as {{ p }}2,
    {{ p }}left {{ low }} as {{ p }}3
    {%- endfor %}
from (
{%- for _ in range(9) %}
select * replace (
    (philox_key_0+2654435769) {{ low }} as philox_key_0,
    (philox_key_1+3144134277) {{ low }} as philox_key_1
    {%- for b in blocks -%}{%- set p = 'philox_' ~ b ~ '_' %},
    3528531795*xor(xor({{ p }}right>>32,{{ p }}1),philox_key_0) as {{ p }}left,
    3449720151*xor(xor({{ p }}left>>32,{{ p }}3),philox_key_1) as {{ p }}right,
    {{ p }}right {{ low }} as {{ p }}1,
    {{ p }}left {{ low }} as {{ p }}3
    {%- endfor %}
) from (
{%- endfor %}
select
    *,
    cast({{ key[0] }} as ubigint) as philox_key_0,
    cast({{ key[1] }} as ubigint) as philox_key_1
    {%- for b, counter in blocks.items() -%}{%- set p = 'philox_' ~ b ~ '_' %},
    3528531795*cast({{ counter[0] }} as ubigint) as {{ p }}left,
    3449720151*cast({{ counter[2] }} as ubigint) as {{ p }}right,
    cast({{ counter[1] }} as ubigint) as {{ p }}1,
    cast({{ counter[3] }} as ubigint) as {{ p }}3
    {%- endfor %}
from {{ relation }}
{%- for _ in range(10) %}
)
{%- endfor -%}
{%- endmacro %}
