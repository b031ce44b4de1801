{% macro parity() %}
    {{ return(ref('even' if var('simulation_year') % 2 == 0 else 'odd')) }}
{% endmacro %}
