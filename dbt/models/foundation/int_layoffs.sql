-- those laid off where the target lies below what attrition leaves; most years have none
with headcount_plan as (
    select * from {{ ref('int_headcount_plan') }}
    where simulation_year = {{ var('simulation_year') }} and layoffs > 0
),

year_parameters as (
    select * from {{ ref('int_year_parameters') }}
    where simulation_year = {{ var('simulation_year') }}
),

staying as (
    select
        terminations.simulation_year,
        terminations.employee_id,
        terminations.employee_key,
        terminations.draw_layoff,
        terminations.draw_termination_date,
        headcount_plan.layoffs
    from {{ ref('int_opening_terminations') }} as terminations
    cross join headcount_plan
    where terminations.termination_date is null
),

ranked as (
    select
        *,
        row_number() over (order by draw_layoff, employee_key, employee_id) as layoff_rank
    from staying
)

select
    ranked.simulation_year,
    ranked.employee_id,
    ranked.employee_key,
    year_parameters.first_day
    + {{ shardrun.pick('ranked.draw_termination_date', 'year_parameters.days_in_year') }}
        as termination_date
from ranked
cross join year_parameters
where ranked.layoff_rank <= ranked.layoffs
{{ shardrun.canonical_order_by(['ranked.employee_key', 'ranked.employee_id']) }}
