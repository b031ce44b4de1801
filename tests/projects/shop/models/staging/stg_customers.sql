{{ config(alias='customers') }}
select * from {{ source('files', 'customers') }}
