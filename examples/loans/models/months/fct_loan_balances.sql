-- each loan as the month leaves it
with cash_flows as (
    select * from {{ ref('int_cash_flows') }}
),

closed as (
    select *, opening_balance + interest - paid - prepaid - written_off as closing_balance
    from cash_flows
)

select
    report_month,
    loan_id,
    loan_key,
    product,
    annual_rate,
    monthly_payment,
    opening_balance,
    cast(interest as decimal(12, 2)) as interest,
    cast(paid as decimal(12, 2)) as paid,
    cast(prepaid as decimal(12, 2)) as prepaid,
    cast(written_off as decimal(12, 2)) as written_off,
    cast(closing_balance as decimal(12, 2)) as closing_balance,
    cast(missed_payments as tinyint) as missed_payments,
    case
        when is_default then 'default'
        when closing_balance = 0 then 'repaid'
        else 'open'
    end as status
from closed
{{ shardrun.canonical_order_by(['report_month', 'loan_id']) }}
