select 'odd' as origin, {{ var('simulation_year') }} as simulation_year
