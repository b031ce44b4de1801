{{ config(materialized='ephemeral') }}
select person, 'hire' as event, {{ draw('hire', 'person') }} as draw from {{ ref('people') }}
