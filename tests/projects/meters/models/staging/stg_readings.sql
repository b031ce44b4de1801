select meter_id, cast(read_at as timestamptz) as read_at, cast(kwh as integer) as kwh
from {{ ref('readings') }}
