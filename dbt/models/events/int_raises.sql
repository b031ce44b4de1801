-- raise: cost of living and merit on the raise date, for those here since before the year began.
-- Merit is the budget times the rating drawn, as rated in the job held on January 1.
with employees as (
    select * from {{ ref('int_promotions') }}
),

levels as (
    select * from {{ ref('stg_job_levels') }}
),

ratings as (
    select * from {{ ref('stg_performance_ratings') }}
)

select
    employees.* exclude (raise_date),
    case
        when not employees.is_new_hire and employees.raise_date < employees.gone_from
            then employees.raise_date
    end as raise_date,
    ratings.performance_rating,
    employees.cola_rate + cast(
        round(employees.merit_budget * ratings.merit_multiplier * levels.merit_multiplier, 6)
        as decimal(9, 6)
    ) as raise_rate
from employees
left join levels using (job_level)
left join ratings
    on {{ shardrun.pick('employees.draw_performance', 1000) }} = ratings.slot
