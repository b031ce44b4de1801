{% set methods = ['cash', 'card', 'voucher'] %}

with tickets as (
    select * from {{ ref('stg_tickets') }}
),

receipts as (
    select * from {{ ref('stg_receipts') }}
),

paid as (
    select
        ticket_id,
        {% for method in methods -%}
        sum(case when method = '{{ method }}' then amount else 0 end) as {{ method }},
        {% endfor -%}
        sum(amount) as amount
    from receipts
    group by ticket_id
)

select
    tickets.ticket_id,
    tickets.guest_id,
    tickets.day,
    {% for method in methods -%}
    paid.{{ method }},
    {% endfor -%}
    paid.amount
from tickets
left join paid using (ticket_id)
