with daily as (
    select
        readings.meter_id,
        cast(date_trunc('day', readings.read_at) as date) as day,
        sum(readings.kwh) as kwh,
        max(factors.twice) as twice
    from {{ ref('stg_readings') }} as readings
    left join {{ ref('int_factors') }} as factors on factors.meter_id = readings.meter_id
    group by readings.meter_id, day
)

select
    daily.*,
    daily.kwh / 2 as half,
    row_number() over (partition by daily.meter_id order by daily.twice, daily.day) as place,
    prices.price
from daily
cross join {{ source('tariffs', 'prices') }} as prices
