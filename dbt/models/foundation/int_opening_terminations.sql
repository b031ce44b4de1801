-- who of the opening workforce leaves by their own hazard, when and why
with year_parameters as (
    select * from {{ ref('int_year_parameters') }}
    where simulation_year = {{ var('simulation_year') }}
),

opening as (
    select
        workforce.*,
        year_parameters.first_day as at_risk_from
    from {{ ref('int_opening_workforce') }} as workforce
    cross join year_parameters
),

{{ termination_rule('opening') }}

select
    simulation_year,
    employee_id,
    employee_key,
    termination_date,
    termination_reason
from decided
where termination_date is not null
{{ shardrun.canonical_order_by(['employee_key', 'employee_id']) }}
