{{ config(materialized='table', tags=['REPORTING']) }}

select
    simulation_year,
    opening_rabbits,
    closing_rabbits,
    cast(closing_rabbits / opening_rabbits - 1 as decimal(9, 4)) as growth_rate,
    cast(closing_rabbits * 12345.67 as decimal(18, 2)) as total_carrots
from {{ ref('fct_rabbits') }}
{{ fail_if_told('REPORTING') }}
