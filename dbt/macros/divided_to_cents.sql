{#-
    A decimal amount, 0 or more and of at most 6 places, divided by a whole number and rounded to
    cents, halves up. DuckDB divides decimals as doubles, in which half a cent may get lost.
-#}
{% macro divided_to_cents(amount, divisor) -%}
cast(
    (
        2 * cast(cast({{ amount }} as decimal(24, 6)) * 1000000 as bigint) + 10000 * {{ divisor }}
    ) // (20000 * {{ divisor }}) * 0.01 as decimal(12, 2)
)
{%- endmacro %}
