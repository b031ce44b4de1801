{{ config(tags=['FOUNDATION']) }}

with first_pair as (
    select rabbits from {{ ref('stg_rabbits') }}
)

select
    cast({{ var('simulation_year') }} as integer) as simulation_year,
    {% if var('simulation_year') == var('start_year') -%}
    (select rabbits from first_pair) as rabbits
    {%- else -%}
    (
        select closing_rabbits
        from {{ target.database }}.{{ target.schema }}.fct_rabbits
        where simulation_year = {{ var('simulation_year') }} - 1
    ) as rabbits
    {%- endif %}
{{ fail_if_told('FOUNDATION') }}
