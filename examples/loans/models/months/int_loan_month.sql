-- what each borrower does in the month, one row an open loan
{{ config(materialized='ephemeral') }}
with opening as (
    select * from {{ ref('int_opening_loans') }}
    where report_month = {{ var('report_month') }}
),

parameters as (
    select * from {{ ref('int_month_parameters') }}
    where report_month = {{ var('report_month') }}
),

products as (
    select * from {{ ref('products') }}
),

facing as (
    select
        opening.*,
        parameters.random_seed,
        products.missed_payment_hazard,
        products.cure_hazard,
        products.prepayment_hazard
        + greatest(opening.annual_rate - parameters.market_rate, 0) / 4 as prepayment_hazard,
        cast(opening.balance * opening.annual_rate / 12 as decimal(12, 2)) as interest
    from opening
    inner join products using (product)
    cross join parameters
),

drawn as (
    {{ shardrun.draws(
        'facing',
        streams=['missed_payment', 'cure', 'prepayment'],
        key='loan_key', period='report_month', seed='random_seed'
    ) }}
)

select
    *,
    case
        when missed_payments = 0
            then {{ shardrun.occurs('draw_missed_payment', 'missed_payment_hazard') }}
        else not {{ shardrun.occurs('draw_cure', 'cure_hazard') }}
    end as misses_payment,
    {{ shardrun.occurs('draw_prepayment', 'prepayment_hazard') }} as is_ready_to_prepay
from drawn
