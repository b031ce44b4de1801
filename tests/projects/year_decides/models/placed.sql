{{ config(schema='y' ~ var('simulation_year')) }}
select {{ var('simulation_year') }} as simulation_year
