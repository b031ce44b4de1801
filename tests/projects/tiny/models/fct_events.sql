{{ config(tags=['EVENT_GENERATION']) }}

select simulation_year, range as rabbit, {{ var('random_seed') }} as seed
from {{ ref('int_opening') }}, range(rabbits)
where simulation_year = {{ var('simulation_year') }}
{{ fail_if_told('EVENT_GENERATION', 'and') }}
