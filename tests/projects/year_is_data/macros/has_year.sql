{% test has_year(model, year) %}
select 1 where not exists (select 1 from {{ model }} where simulation_year = {{ year }})
{% endtest %}
