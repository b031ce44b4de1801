select
    cast({{ var('start_year') }} as integer) as start_year,
    cast({{ var('random_seed') }} as ubigint) as random_seed,
    cast('{{ var('target_growth_rate') }}' as decimal(9, 6)) as target_growth_rate,
    cast('{{ var('pay_scale') }}' as decimal(18, 9)) as pay_scale,
    cast('{{ var('cola_rate') }}' as decimal(9, 6)) as cola_rate,
    cast('{{ var('merit_budget') }}' as decimal(9, 6)) as merit_budget,
    cast('{{ var('raise_date') }}' as varchar) as raise_date,
    cast('{{ var('promotion_increase') }}' as decimal(9, 6)) as promotion_increase,
    cast({{ var('eligibility_wait_days') }} as integer) as eligibility_wait_days,
    cast('{{ var('escalation_date') }}' as varchar) as escalation_date,
    cast('{{ var('escalation_step') }}' as decimal(5, 4)) as escalation_step,
    cast('{{ var('escalation_cap') }}' as decimal(5, 4)) as escalation_cap
