with limits as (
    select * from {{ ref('plan_limits') }}
)

select
    cast(plan_year as integer) as plan_year,
    cast(elective_deferral_limit as decimal(12, 2)) as elective_deferral_limit,
    cast(catch_up_limit as decimal(12, 2)) as catch_up_limit,
    cast(catch_up_age as integer) as catch_up_age,
    cast(compensation_limit as decimal(12, 2)) as compensation_limit
from limits
order by plan_year
