{{ config(materialized='table') }}
select meter_id, factor, doubled(cast(factor as integer)) as twice
from {{ source('plugged', 'factors') }}
