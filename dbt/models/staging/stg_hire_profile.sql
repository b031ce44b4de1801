with profile as (
    select * from {{ ref('hire_profile') }}
),

slots as (
    {{ weighted_slots('profile', choice='job_level') }}
)

select
    slot,
    cast(job_level as tinyint) as job_level,
    cast(min_age as integer) as min_age,
    cast(max_age as integer) as max_age,
    cast(min_compensation as decimal(12, 2)) as min_compensation,
    cast(max_compensation as decimal(12, 2)) as max_compensation
from slots
order by slot
