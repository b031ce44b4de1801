-- every event of the year. Each row carries the employee's level, pay and deferral rate just before
-- and just after it, so that sums over an employee's events give the state at any day.
{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='simulation_year'
) }}
with employees as materialized (
    select * from {{ ref('int_event_order') }}
),

events as (
    select
        simulation_year,
        employee_id,
        employee_key,
        hire_sequence as event_sequence,
        'hire' as event_type,
        hire_date as effective_date,
        null as event_reason,
        null as job_level_before,
        job_level as job_level_after,
        0 as compensation_before,
        compensation as compensation_after,
        0 as deferral_rate_before,
        0 as deferral_rate_after
    from employees
    where hire_date is not null
    union all
    select
        simulation_year,
        employee_id,
        employee_key,
        promotion_sequence as event_sequence,
        'promotion' as event_type,
        promotion_date as effective_date,
        null as event_reason,
        job_level as job_level_before,
        promoted_level as job_level_after,
        promotion_compensation_before as compensation_before,
        promotion_compensation_after as compensation_after,
        {{ deferral_rate_before('promotion_date') }} as deferral_rate_before,
        {{ deferral_rate_before('promotion_date') }} as deferral_rate_after
    from employees
    where promotion_date is not null
    union all
    select
        simulation_year,
        employee_id,
        employee_key,
        raise_sequence as event_sequence,
        'raise' as event_type,
        raise_date as effective_date,
        performance_rating as event_reason,
        {{ job_level_on('raise_date') }} as job_level_before,
        {{ job_level_on('raise_date') }} as job_level_after,
        raise_compensation_before as compensation_before,
        raise_compensation_after as compensation_after,
        {{ deferral_rate_before('raise_date') }} as deferral_rate_before,
        {{ deferral_rate_before('raise_date') }} as deferral_rate_after
    from employees
    where raise_date is not null
    union all
    select
        simulation_year,
        employee_id,
        employee_key,
        enrollment_sequence as event_sequence,
        'enrollment' as event_type,
        enrollment_date as effective_date,
        null as event_reason,
        {{ job_level_on('enrollment_date') }} as job_level_before,
        {{ job_level_on('enrollment_date') }} as job_level_after,
        {{ compensation_on('enrollment_date') }} as compensation_before,
        {{ compensation_on('enrollment_date') }} as compensation_after,
        0 as deferral_rate_before,
        enrolled_rate as deferral_rate_after
    from employees
    where enrollment_date is not null
    union all
    select
        simulation_year,
        employee_id,
        employee_key,
        deferral_change_sequence as event_sequence,
        'deferral_change' as event_type,
        deferral_change_date as effective_date,
        'automatic escalation' as event_reason,
        {{ job_level_on('deferral_change_date') }} as job_level_before,
        {{ job_level_on('deferral_change_date') }} as job_level_after,
        {{ compensation_on('deferral_change_date') }} as compensation_before,
        {{ compensation_on('deferral_change_date') }} as compensation_after,
        deferral_rate as deferral_rate_before,
        escalated_rate as deferral_rate_after
    from employees
    where deferral_change_date is not null
    union all
    select
        simulation_year,
        employee_id,
        employee_key,
        opt_out_sequence as event_sequence,
        'opt_out' as event_type,
        opt_out_date as effective_date,
        null as event_reason,
        {{ job_level_on('opt_out_date') }} as job_level_before,
        {{ job_level_on('opt_out_date') }} as job_level_after,
        {{ compensation_on('opt_out_date') }} as compensation_before,
        {{ compensation_on('opt_out_date') }} as compensation_after,
        {{ deferral_rate_before('opt_out_date') }} as deferral_rate_before,
        0 as deferral_rate_after
    from employees
    where opt_out_date is not null
    union all
    select
        simulation_year,
        employee_id,
        employee_key,
        termination_sequence as event_sequence,
        'termination' as event_type,
        termination_date as effective_date,
        termination_reason as event_reason,
        {{ job_level_on('termination_date') }} as job_level_before,
        null as job_level_after,
        {{ compensation_on('termination_date') }} as compensation_before,
        0 as compensation_after,
        {{ deferral_rate_before('termination_date') }} as deferral_rate_before,
        0 as deferral_rate_after
    from employees
    where termination_date is not null
)

select
    simulation_year,
    employee_id,
    employee_key,
    cast(event_sequence as tinyint) as event_sequence,
    event_type,
    effective_date,
    cast(event_reason as varchar) as event_reason,
    cast(job_level_before as tinyint) as job_level_before,
    cast(job_level_after as tinyint) as job_level_after,
    cast(compensation_before as decimal(12, 2)) as compensation_before,
    cast(compensation_after as decimal(12, 2)) as compensation_after,
    cast(deferral_rate_before as decimal(5, 4)) as deferral_rate_before,
    cast(deferral_rate_after as decimal(5, 4)) as deferral_rate_after
from events
{{ shardrun.canonical_order_by(
    ['simulation_year', 'employee_key', 'employee_id', 'event_sequence']
) }}
