-- what happened to each loan in the month, one row an event
with cash_flows as (
    select * from {{ ref('int_cash_flows') }}
),

events as (
    select report_month, loan_id, 1 as event_sequence, 'payment' as event_type, paid as amount
    from cash_flows
    where missed_payments = 0
    union all
    select report_month, loan_id, 1, 'missed_payment', monthly_payment
    from cash_flows
    where missed_payments > 0
    union all
    select report_month, loan_id, 2, 'prepayment', prepaid
    from cash_flows
    where prepaid > 0
    union all
    select report_month, loan_id, 2, 'default', written_off
    from cash_flows
    where is_default
)

select
    report_month,
    loan_id,
    cast(event_sequence as tinyint) as event_sequence,
    event_type,
    cast(amount as decimal(12, 2)) as amount
from events
{{ shardrun.canonical_order_by(['report_month', 'loan_id', 'event_sequence']) }}
