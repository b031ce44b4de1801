{{ config(enabled=var('simulation_year') != 2026) }}
select {{ var('simulation_year') }} as simulation_year
