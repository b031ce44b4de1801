-- what the year's events made of each employee
with roster as (
    select * from {{ ref('int_roster') }}
),

event_totals as (
    select * from {{ ref('int_event_totals') }}
),

year_parameters as (
    select * from {{ ref('int_year_parameters') }}
    where simulation_year = {{ var('simulation_year') }}
),

changed as (
    select
        roster.*,
        event_totals.termination_date,
        event_totals.termination_reason,
        coalesce(event_totals.job_level, roster.job_level) as closing_job_level,
        roster.compensation + coalesce(event_totals.compensation_change, 0)
            as closing_compensation,
        roster.is_enrolled::integer + coalesce(event_totals.enrollment_change, 0) > 0
            as closing_is_enrolled,
        roster.deferral_rate + coalesce(event_totals.deferral_rate_change, 0)
            as closing_deferral_rate,
        -- a hire's first day is an event like the others: the year began without their pay
        case when roster.is_new_hire then 0 else roster.compensation end
        * year_parameters.days_in_year
        + coalesce(event_totals.compensation_days_change, 0) as compensation_days,
        roster.compensation * roster.deferral_rate * year_parameters.days_in_year
        + coalesce(event_totals.deferral_days_change, 0) as deferral_days,
        year_parameters.days_in_year,
        year_parameters.last_day
    from roster
    left join event_totals using (employee_id)
    cross join year_parameters
)

select
    simulation_year,
    employee_id,
    employee_key,
    birth_date,
    hire_date,
    termination_date,
    termination_reason,
    case
        when is_new_hire and termination_date is null then 'new_hire_active'
        when is_new_hire then 'new_hire_termination'
        when termination_date is null then 'continuous_active'
        else 'experienced_termination'
    end as employment_status,
    cast(date_sub('year', birth_date, last_day) as integer) as age,
    cast(date_sub('year', hire_date, coalesce(termination_date, last_day)) as integer)
        as tenure_years,
    cast(closing_job_level as tinyint) as job_level,
    cast(compensation as decimal(12, 2)) as starting_compensation,
    cast(closing_compensation as decimal(12, 2)) as current_compensation,
    {{ divided_to_cents('compensation_days', 'days_in_year') }} as prorated_compensation,
    closing_is_enrolled as is_enrolled,
    cast(closing_deferral_rate as decimal(5, 4)) as deferral_rate,
    {{ divided_to_cents('deferral_days', 'days_in_year') }} as elected_contributions
from changed
