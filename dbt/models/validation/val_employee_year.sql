-- whatever contradicts itself in one employee's year, one row a contradiction; none in a sound run
{%- set closing = source('previous_year', 'fct_workforce_snapshot') %}
with year_parameters as (
    select * from {{ ref('int_year_parameters') }}
    where simulation_year = {{ var('simulation_year') }}
),

census as (
    select * from {{ ref('stg_census') }}
),

snapshot as (
    select * from {{ ref('fct_workforce_snapshot') }}
    where simulation_year = {{ var('simulation_year') }}
),

events as (
    select * from {{ ref('fct_yearly_events') }}
    where simulation_year = {{ var('simulation_year') }}
),

-- read again from where the year began, not from the models that the snapshot was made of
opening as (
    select
        census.employee_id,
        census.compensation,
        census.job_level
    from census
    inner join year_parameters on year_parameters.start_year = year_parameters.simulation_year
    {%- if shardrun.relation_exists(closing) %}
    union all
    select
        closing.employee_id,
        closing.current_compensation as compensation,
        closing.job_level
    from {{ closing }} as closing
    inner join year_parameters on year_parameters.start_year < year_parameters.simulation_year
    where
        closing.simulation_year = {{ var('simulation_year') }} - 1
        and closing.employment_status in ('continuous_active', 'new_hire_active')
    {%- endif %}
),

-- by the key first: in its order the events lie, and to sort them by id alone takes a quarter longer
placed as (
    select
        *,
        lag(event_sequence) over in_order as place_before,
        lag(effective_date) over in_order as date_before
    from events
    window in_order as (partition by employee_key, employee_id order by event_sequence)
),

event_totals as (
    select
        employee_id,
        max(event_sequence) as last_place,
        max(effective_date) as last_date,
        -- the places by day must be 1, 2, 3 and so on; a list of them would not spill to disk
        count(*) filter (
            where event_sequence != coalesce(place_before, 0) + 1 or effective_date < date_before
        ) as events_out_of_order,
        max(event_sequence) filter (where event_type = 'termination') as termination_place,
        max(effective_date) filter (where event_type = 'termination') as termination_date,
        max(effective_date) filter (where event_type = 'hire') as hire_date,
        max(event_sequence) filter (where event_type = 'hire') as hire_place,
        count(*) filter (where event_type = 'hire') as hires,
        count(*) filter (where event_type = 'promotion') as promotions,
        count(*) filter (where event_type = 'termination') as terminations,
        coalesce(sum(compensation_after - compensation_before)
            filter (where event_type not in ('hire', 'termination')), 0) as compensation_change,
        count(*) filter (where year(effective_date) != simulation_year) as dates_outside_year
    from placed
    group by employee_id
),

-- as narrow as can be: everyone who has events is hashed. At 5 million people it makes do with 400
-- MB, where the totals as they are ran out of 700
event_facts as (
    select
        employee_id,
        cast(hires as integer) as hires,
        cast(promotions as integer) as promotions,
        cast(terminations as integer) as terminations,
        hire_date,
        termination_date,
        cast(compensation_change as decimal(18, 2)) as compensation_change,
        hire_place != 1
        or termination_place != last_place
        or termination_date != last_date as goes_on_after_termination,
        events_out_of_order > 0 or dates_outside_year > 0 as is_out_of_order
    from event_totals
),

-- one pass over everyone who appears anywhere
joined as (
    select
        coalesce(snapshot.employee_id, opening.employee_id, event_facts.employee_id)
            as employee_id,
        snapshot.employee_id is not null as in_snapshot,
        opening.employee_id is not null as in_opening,
        coalesce(snapshot.employment_status like 'new_hire%', false) as is_new_hire,
        coalesce(snapshot.employment_status like '%termination', false) as is_leaver,
        coalesce(event_facts.hires, 0) as hires,
        coalesce(event_facts.promotions, 0) as promotions,
        coalesce(event_facts.terminations, 0) as terminations,
        coalesce(event_facts.compensation_change, 0) as compensation_change,
        event_facts.goes_on_after_termination,
        event_facts.is_out_of_order,
        event_facts.termination_date,
        event_facts.hire_date,
        opening.compensation as opening_compensation,
        opening.job_level as opening_job_level,
        snapshot.hire_date as snapshot_hire_date,
        snapshot.termination_date as snapshot_termination_date,
        snapshot.starting_compensation,
        snapshot.current_compensation,
        snapshot.prorated_compensation,
        snapshot.job_level,
        snapshot.age,
        snapshot.is_enrolled,
        snapshot.deferral_rate,
        snapshot.employee_contributions,
        snapshot.employer_match
    from snapshot
    full outer join opening using (employee_id)
    full outer join event_facts
        on coalesce(snapshot.employee_id, opening.employee_id) = event_facts.employee_id
),

checked as (
    select
        joined.employee_id,
        unnest([
            case
                when not in_opening and hires = 0
                    then 'no_event_of_a_stranger'
            end,
            case
                when
                    in_opening and not in_snapshot
                    or in_snapshot and not is_new_hire and not in_opening
                    or is_new_hire and in_opening
                    then 'opening_is_previous_closing'
            end,
            case
                when
                    hires != cast(is_new_hire as integer)
                    or terminations != cast(is_leaver as integer)
                    or hire_date is distinct from
                    case when is_new_hire then snapshot_hire_date end
                    or termination_date is distinct from snapshot_termination_date
                    or in_opening and job_level - opening_job_level != promotions
                    then 'status_change_has_its_event'
            end,
            case
                when
                    in_snapshot and in_opening
                    and starting_compensation is distinct from opening_compensation
                    or in_snapshot
                    and starting_compensation + compensation_change
                    is distinct from current_compensation
                    then 'pay_is_continuous'
            end,
            case
                when goes_on_after_termination then 'nothing_after_termination'
            end,
            case
                when is_out_of_order then 'events_are_in_order'
            end,
            case
                when
                    in_snapshot and (
                        prorated_compensation is null or employee_contributions is null
                    )
                    or prorated_compensation < 0
                    or prorated_compensation > greatest(
                        starting_compensation, current_compensation
                    )
                    or employee_contributions < 0
                    or employer_match < 0
                    or employee_contributions > elective_deferral_limit
                    + case when age >= catch_up_age then catch_up_limit else 0 end
                    or deferral_rate > 0 and not is_enrolled
                    then 'plan_within_limits'
            end
        ]) as check_name
    from joined
    cross join year_parameters
)

select
    cast({{ var('simulation_year') }} as integer) as simulation_year,
    check_name,
    employee_id
from checked
where check_name is not null
{{ shardrun.canonical_order_by(['simulation_year', 'check_name', 'employee_id']) }}
