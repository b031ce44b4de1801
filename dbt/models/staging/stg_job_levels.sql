with levels as (
    select * from {{ ref('job_levels') }}
)

select
    cast(job_level as tinyint) as job_level,
    title,
    cast(min_compensation as decimal(12, 2)) as min_compensation,
    cast(max_compensation as decimal(12, 2)) as max_compensation,
    cast(merit_multiplier as decimal(9, 6)) as merit_multiplier,
    job_level = max(job_level) over () as is_top_level
from levels
order by job_level
