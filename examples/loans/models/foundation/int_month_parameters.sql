-- what holds for all loans in the month
with market_rates as (
    select * from {{ ref('market_rates') }}
)

select
    cast({{ var('report_month') }} as integer) as report_month,
    cast({{ var('random_seed') }} as ubigint) as random_seed,
    max_by(market_rate, from_month) as market_rate
from market_rates
where from_month <= {{ var('report_month') }}
