-- VALIDATION: what contradicts a check by employee is in val_employee_year
{{ config(tags=['VALIDATION']) }}
select *
from {{ ref('val_checks') }}
where simulation_year = {{ var('simulation_year') }} and contradictions > 0
