-- What each rule saw of a traced employee, drew and decided, one row a year. It says again what the
-- models in dbt/models/ decide, but keeps what led to it; that both say the same is a test.
--
-- traced  simulation_year, employee_id, employee_key, is_wanted
-- draws   simulation_year, employee_id, and draw_<stream> for every random stream
with parameters as (
    select * from int_year_parameters
),

plan as (
    select simulation_year, layoffs from int_headcount_plan
),

levels as (
    select * from stg_job_levels
),

-- everyone as they entered the year
entered as (
    select
        traced.*,
        false as is_new_hire,
        census.birth_date,
        census.hire_date,
        census.job_level,
        census.compensation,
        census.is_enrolled,
        census.deferral_rate
    from traced
    inner join parameters using (simulation_year)
    inner join stg_census as census using (employee_id)
    where parameters.simulation_year = parameters.start_year
    union all
    select
        traced.*,
        false as is_new_hire,
        closing.birth_date,
        closing.hire_date,
        closing.job_level,
        closing.current_compensation as compensation,
        closing.is_enrolled,
        closing.deferral_rate
    from traced
    inner join parameters using (simulation_year)
    inner join fct_workforce_snapshot as closing
        on
            traced.employee_id = closing.employee_id
            and traced.simulation_year = closing.simulation_year + 1
    where
        parameters.simulation_year > parameters.start_year
        and closing.employment_status in ('continuous_active', 'new_hire_active')
    union all
    select
        traced.*,
        true as is_new_hire,
        hires.birth_date,
        hires.hire_date,
        hires.job_level,
        hires.compensation,
        false as is_enrolled,
        0 as deferral_rate
    from traced
    inner join int_hires as hires using (simulation_year, employee_id)
),

looked_at as (
    select
        entered.*,
        parameters.* exclude (simulation_year),
        plan.layoffs,
        case when entered.is_new_hire then entered.hire_date + 1 else parameters.first_day end
            as at_risk_from,
        case when entered.is_new_hire then entered.hire_date else parameters.first_day end
            as looked_at_on
    from entered
    inner join parameters using (simulation_year)
    inner join plan using (simulation_year)
),

facing as (
    select
        looked_at.*,
        age_bands.age,
        age_bands.age_band,
        tenure_bands.tenure_years,
        tenure_bands.tenure_band,
        hazards.* exclude (age_band, tenure_band, job_level),
        levels.is_top_level,
        levels.merit_multiplier as level_merit_multiplier,
        draws.* exclude (simulation_year, employee_id)
    from looked_at
    inner join stg_age_bands as age_bands
        on date_sub('year', looked_at.birth_date, looked_at.looked_at_on) = age_bands.age
    inner join stg_tenure_bands as tenure_bands
        on date_sub('year', looked_at.hire_date, looked_at.looked_at_on) = tenure_bands.tenure_years
    inner join stg_hazards as hazards
        on
            age_bands.age_band = hazards.age_band
            and tenure_bands.tenure_band = hazards.tenure_band
            and looked_at.job_level = hazards.job_level
    inner join levels on looked_at.job_level = levels.job_level
    inner join draws
        on
            looked_at.simulation_year = draws.simulation_year
            and looked_at.employee_id = draws.employee_id
),

profiled as (
    select
        facing.*,
        profile.job_level as drawn_level,
        facing.first_day + pick(facing.draw_hire_date, facing.days_in_year) as drawn_hire_date,
        facing.hire_date - (
            (profile.min_age * 1461 + 3) // 4
            + pick(
                facing.draw_hire_age,
                greatest((profile.max_age - profile.min_age) * 1461 // 4, 1)
            )
        ) as drawn_birth_date,
        cast(round(profile.min_compensation * facing.pay_scale) as bigint) + pick(
            facing.draw_hire_compensation,
            1 + cast(round(
                (profile.max_compensation - profile.min_compensation) * facing.pay_scale
            ) as bigint)
        ) as drawn_compensation
    from facing
    inner join stg_hire_profile as profile on pick(facing.draw_hire_level, 1000) = profile.slot
),

terminations as (
    select
        *,
        last_day - at_risk_from + 1 as days_at_risk,
        at_risk_from + pick(draw_termination_date, last_day - at_risk_from + 1)
            as drawn_termination_date,
        occurs(
            draw_termination,
            termination_hazard * (last_day - at_risk_from + 1) / days_in_year
        ) as is_terminated
    from profiled
),

reasoned as (
    select
        terminations.*,
        reasons.termination_reason as drawn_reason
    from terminations
    inner join stg_termination_reasons as reasons
        on
            terminations.age_band = reasons.age_band
            and pick(terminations.draw_termination_reason, 1000) = reasons.slot
),

-- the last of those laid off, in the order in which they are: by draw, then by key and id
last_laid_off as (
    select
        reasoned.simulation_year,
        max({'draw': draw_layoff, 'key': reasoned.employee_key, 'id': reasoned.employee_id})
            as last_in_line
    from reasoned
    inner join int_layoffs using (simulation_year, employee_id)
    group by reasoned.simulation_year
),

layoffs as (
    select
        reasoned.*,
        last_laid_off.last_in_line.draw as draw_last_layoff,
        first_day + pick(draw_termination_date, days_in_year) as drawn_layoff_date,
        coalesce(
            not is_new_hire and not is_terminated
            and {'draw': draw_layoff, 'key': employee_key, 'id': employee_id}
            <= last_laid_off.last_in_line,
            false
        ) as is_laid_off
    from reasoned
    left join last_laid_off using (simulation_year)
),

dated as (
    select
        layoffs.*,
        case
            when is_terminated then drawn_termination_date
            when is_laid_off then drawn_layoff_date
        end as termination_date,
        coalesce(
            case
                when is_terminated then drawn_termination_date
                when is_laid_off then drawn_layoff_date
            end,
            last_day + 1
        ) as gone_from,
        first_day + pick(draw_promotion_date, days_in_year) as drawn_promotion_date,
        greatest(hire_date + eligibility_wait_days, first_day) as eligible_from,
        greatest(last_day - greatest(hire_date + eligibility_wait_days, first_day) + 1, 0)
            as eligible_days,
        first_day + pick(draw_opt_out_date, days_in_year) as drawn_opt_out_date
    from layoffs
),

decided as (
    select
        dated.*,
        ratings.performance_rating,
        ratings.merit_multiplier as rating_merit_multiplier,
        cola_rate + cast(
            round(merit_budget * ratings.merit_multiplier * level_merit_multiplier, 6)
            as decimal(9, 6)
        ) as raise_rate,
        choices.deferral_rate as drawn_deferral_rate,
        eligible_from + pick(draw_enrollment_date, eligible_days) as drawn_enrollment_date,
        next_levels.job_level as next_level,
        least(dated.deferral_rate + escalation_step, escalation_cap) as escalated_rate,
        not is_new_hire and not dated.is_top_level and drawn_promotion_date < gone_from
        and occurs(draw_promotion, promotion_hazard) as is_promoted,
        not is_new_hire and raise_date < gone_from as is_raised,
        not is_enrolled
        and eligible_from + pick(draw_enrollment_date, eligible_days) < gone_from
        and occurs(draw_enrollment, enrollment_hazard * eligible_days / days_in_year)
            as is_enrolling,
        is_enrolled and drawn_opt_out_date < gone_from and occurs(draw_opt_out, opt_out_hazard)
            as is_opting_out
    from dated
    inner join stg_performance_ratings as ratings
        on pick(dated.draw_performance, 1000) = ratings.slot
    inner join stg_deferral_choices as choices
        on pick(dated.draw_enrollment_rate, 1000) = choices.slot
    left join levels as next_levels on dated.job_level + 1 = next_levels.job_level
)

select
    *,
    is_enrolled
    and deferral_rate < escalation_cap
    and escalation_date < gone_from
    and (not is_opting_out or escalation_date < drawn_opt_out_date)
    and occurs(draw_deferral_change, deferral_change_hazard) as is_escalated
from decided
where is_wanted
order by employee_id, simulation_year
