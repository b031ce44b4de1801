-- the loans that are open when the month begins: the portfolio, or what the month before has left
{%- set month = var('report_month') %}
with portfolio as (
    select * from {{ ref('stg_loans') }}
),

loans as (
    {% if month == var('start_month') -%}
    select *, 0 as missed_payments
    from portfolio
    {%- else -%}
    select *, closing_balance as balance
    from {{ target.database }}.{{ target.schema }}.fct_loan_balances
    where
        report_month = {{ month - 1 if month % 100 > 1 else month - 89 }}
        and status = 'open'
    {%- endif %}
)

select
    cast({{ month }} as integer) as report_month,
    loan_id,
    loan_key,
    product,
    annual_rate,
    monthly_payment,
    cast(balance as decimal(12, 2)) as balance,
    cast(missed_payments as tinyint) as missed_payments
from loans
order by loan_id
