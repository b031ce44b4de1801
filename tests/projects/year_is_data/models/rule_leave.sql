{{ config(materialized='ephemeral') }}
{% set people = ref('people') %}
select person, 'leave' as event, {{ draw('leave', 'person') }} as draw from {{ people }}
