{#- The pay on a day of an employee in int_compensation_changes, that day's changes included. -#}
{% macro compensation_on(date) -%}
case
    when promotion_date <= {{ date }} and raise_date <= {{ date }}
        then case
            when promotion_is_first then raise_compensation_after
            else promotion_compensation_after
        end
    when promotion_date <= {{ date }} then promotion_compensation_after
    when raise_date <= {{ date }} then raise_compensation_after
    else compensation
end
{%- endmacro %}
