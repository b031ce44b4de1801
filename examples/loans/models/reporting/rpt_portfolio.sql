-- the portfolio month by month
with balances as (
    select * from {{ ref('fct_loan_balances') }}
)

select
    report_month,
    count(*) as open_loans,
    sum(opening_balance) as opening_balance,
    sum(interest) as interest,
    sum(paid) as paid,
    sum(prepaid) as prepaid,
    sum(written_off) as written_off,
    sum(closing_balance) as closing_balance,
    cast(
        count(*) filter (where missed_payments > 0) / count(*) as decimal(9, 4)
    ) as past_due_rate
from balances
group by report_month
order by report_month
