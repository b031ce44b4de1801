-- every check of the year with the number of rows that contradict it, one row a check
{%- set employee_checks = [
    'no_event_of_a_stranger',
    'opening_is_previous_closing',
    'status_change_has_its_event',
    'pay_is_continuous',
    'nothing_after_termination',
    'events_are_in_order',
    'plan_within_limits'
] %}
with employee_year as (
    select * from {{ ref('val_employee_year') }}
    where simulation_year = {{ var('simulation_year') }}
),

headcount as (
    select * from {{ ref('val_headcount') }}
),

employee_checks as (
    select unnest({{ employee_checks }}) as check_name
),

counted as (
    select
        employee_checks.check_name,
        count(employee_year.check_name) as contradictions
    from employee_checks
    left join employee_year using (check_name)
    group by employee_checks.check_name
    union all
    select
        check_name,
        contradictions
    from headcount
)

select
    cast({{ var('simulation_year') }} as integer) as simulation_year,
    check_name,
    cast(contradictions as bigint) as contradictions
from counted
{{ shardrun.canonical_order_by(['simulation_year', 'check_name']) }}
