-- the place of each event in its employee's year: by day, and on one day in the order listed here
{%- set event_types = [
    'hire', 'promotion', 'raise', 'enrollment', 'deferral_change', 'opt_out', 'termination'
] %}
with employees as (
    select
        * exclude (hire_date),
        case when is_new_hire then hire_date end as hire_date
    from {{ ref('int_deferral_changes') }}
)

select
    *
    {%- for event_type in event_types %}
    {%- set place = loop.index0 %},
    1
    {%- for other in event_types if other != event_type %}
    + coalesce({{ other }}_date {{ '<=' if loop.index0 < place else '<' }} {{ event_type }}_date, false)::tinyint
    {%- endfor %} as {{ event_type }}_sequence
    {%- endfor %}
from employees
