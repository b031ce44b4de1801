select * from {{ ref('history') }} where simulation_year > {{ var('simulation_year') }}
