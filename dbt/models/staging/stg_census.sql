with census as (
    select * from read_parquet({{ shardrun.quote_literal(var('census_path')) }})
),

keyed as (
    select
        employee_id,
        {{ shardrun.shard_key('employee_id') }} as employee_key,
        birth_date,
        hire_date,
        job_level,
        annual_compensation as compensation,
        is_enrolled,
        case when is_enrolled then deferral_rate else 0 end as deferral_rate
    from census
)

select
    employee_id,
    employee_key,
    cast(birth_date as date) as birth_date,
    cast(hire_date as date) as hire_date,
    cast(job_level as tinyint) as job_level,
    cast(compensation as decimal(12, 2)) as compensation,
    cast(is_enrolled as boolean) as is_enrolled,
    cast(deferral_rate as decimal(5, 4)) as deferral_rate
from keyed
{{ shardrun.canonical_order_by(['employee_key', 'employee_id']) }}
