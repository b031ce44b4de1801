-- the whole formula in one row, so that a match is plain arithmetic on an employee's own row
with tiers as (
    select
        cast(min_deferral_rate as decimal(5, 4)) as min_deferral_rate,
        cast(max_deferral_rate as decimal(5, 4)) as max_deferral_rate,
        cast(match_rate as decimal(5, 4)) as match_rate
    from {{ ref('match_tiers') }}
)

select
    list(
        {
            'min_deferral_rate': min_deferral_rate,
            'max_deferral_rate': max_deferral_rate,
            'match_rate': match_rate
        }
        order by min_deferral_rate
    ) as tiers
from tiers
