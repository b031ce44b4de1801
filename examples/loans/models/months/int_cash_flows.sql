-- the money of the month, one row an open loan: a payment covers what was missed before it, too;
-- the fourth payment in a row that is missed is a default
{{ config(materialized='ephemeral') }}
with months as (
    select * from {{ ref('int_loan_month') }}
),

paid as (
    select
        report_month,
        loan_id,
        loan_key,
        product,
        annual_rate,
        monthly_payment,
        balance as opening_balance,
        interest,
        is_ready_to_prepay,
        case when misses_payment then missed_payments + 1 else 0 end as missed_payments,
        case
            when misses_payment then 0
            else least(balance + interest, monthly_payment * (1 + missed_payments))
        end as paid
    from months
),

settled as (
    select
        *,
        opening_balance + interest - paid as balance_after_payment,
        missed_payments >= 4 as is_default
    from paid
)

select
    report_month,
    loan_id,
    loan_key,
    product,
    annual_rate,
    monthly_payment,
    opening_balance,
    interest,
    missed_payments,
    is_default,
    paid,
    case
        when is_ready_to_prepay and missed_payments = 0 then balance_after_payment
        else 0
    end as prepaid,
    case when is_default then balance_after_payment else 0 end as written_off
from settled
