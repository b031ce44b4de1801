{#-
    A whole number on 0 .. n - 1, each as likely as any other to within n / 2^32 (Lemire, "Fast
    random integer generation in an interval", 2019, without its rejection step).
    `draw` is a column of draws(), `n` an integer expression from 1 to 2^31.
-#}
{% macro pick(draw, n) -%}
cast(({{ draw }} * cast({{ n }} as ubigint)) >> 32 as integer)
{%- endmacro %}
