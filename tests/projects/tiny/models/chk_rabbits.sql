{{ config(tags=['VALIDATION']) }}

select simulation_year, closing_rabbits
from {{ ref('fct_rabbits') }}
where simulation_year = {{ var('simulation_year') }}
