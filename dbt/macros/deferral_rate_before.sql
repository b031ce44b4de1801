{#- The deferral rate of an employee in int_deferral_changes as a day begins. -#}
{% macro deferral_rate_before(date) -%}
case
    when opt_out_date < {{ date }} then 0
    when deferral_change_date < {{ date }} then escalated_rate
    when enrollment_date < {{ date }} then enrolled_rate
    else deferral_rate
end
{%- endmacro %}
