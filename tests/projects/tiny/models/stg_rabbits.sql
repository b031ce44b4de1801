{{ config(materialized='table', tags=['INITIALIZATION']) }}

select cast(2 as bigint) as rabbits
{{ fail_if_told('INITIALIZATION') }}
