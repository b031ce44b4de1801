{#- The job level on a day of an employee in int_promotions, that day's promotion included. -#}
{% macro job_level_on(date) -%}
case when promotion_date <= {{ date }} then promoted_level else job_level end
{%- endmacro %}
