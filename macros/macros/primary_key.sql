{#-
    A test: `columns` are a key of the model, none of them null and no two rows alike in them. A
    canonical ORDER BY ends in such a key.
-#}
{% test primary_key(model, columns) %}
select
    {{ columns | join(', ') }},
    count(*) as rows_alike
from {{ model }}
group by all
having
    count(*) > 1
    {%- for column in columns %}
    or {{ column }} is null
    {%- endfor %}
{% endtest %}
