-- those laid off where the target lies below what attrition leaves; most years have none
with headcount_plan as (
    select * from {{ ref('int_headcount_plan') }}
    where simulation_year = {{ var('simulation_year') }} and layoffs > 0
),

year_parameters as (
    select * from {{ ref('int_year_parameters') }}
    where simulation_year = {{ var('simulation_year') }}
),

leavers as (
    select * from {{ ref('int_opening_terminations') }}
    where simulation_year = {{ var('simulation_year') }}
),

staying as (
    select
        opening.simulation_year,
        opening.employee_id,
        opening.employee_key,
        headcount_plan.layoffs,
        year_parameters.random_seed,
        year_parameters.first_day,
        year_parameters.days_in_year
    from {{ ref('int_opening_workforce') }} as opening
    cross join headcount_plan
    cross join year_parameters
    anti join leavers using (employee_id)
),

drawn as (
    {{ shardrun.draws(
        'staying',
        streams=['layoff', 'termination_date'],
        key='employee_key', period='simulation_year', seed='random_seed'
    ) }}
),

ranked as (
    select
        *,
        row_number() over (order by draw_layoff, employee_key, employee_id) as layoff_rank
    from drawn
)

select
    simulation_year,
    employee_id,
    employee_key,
    first_day + {{ shardrun.pick('draw_termination_date', 'days_in_year') }} as termination_date
from ranked
where layoff_rank <= layoffs
{{ shardrun.canonical_order_by(['employee_key', 'employee_id']) }}
