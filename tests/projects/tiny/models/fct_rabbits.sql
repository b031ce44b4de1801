{{ config(tags=['STATE_ACCUMULATION']) }}

with state as (
    select simulation_year, rabbits as opening_rabbits, 2 * rabbits as closing_rabbits
    from {{ ref('int_opening') }}
    where simulation_year = {{ var('simulation_year') }}
)

select * from state
{{ fail_if_told('STATE_ACCUMULATION') }}
