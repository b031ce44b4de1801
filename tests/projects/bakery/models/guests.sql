with guests as (
    select * from {{ ref('stg_guests') }}
),

tickets as (
    select * from {{ ref('tickets') }}
)

select
    guests.guest_id,
    guests.name,
    min(tickets.day) as first_day,
    count(tickets.ticket_id) as tickets,
    sum(tickets.amount) as amount
from guests
left join tickets using (guest_id)
group by guests.guest_id, guests.name
