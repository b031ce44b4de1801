-- the portfolio at the start, one row a loan, made up from its number alone
with products as (
    select * from {{ ref('products') }}
),

drawn as (
    {{ shardrun.draws(
        '(select loan_id, ' ~ shardrun.shard_key('loan_id') ~ ' as loan_key, 0 as round
        from range(1, ' ~ (var('loan_count') + 1) ~ ') as numbers(loan_id))',
        streams=['product', 'principal', 'seasoning'],
        key='loan_key', period='round', seed=var('random_seed') ~ '::ubigint'
    ) }}
),

typed as (
    select
        drawn.*,
        (
            select min(products.share_below)
            from products
            where products.share_below * 4294967296 > drawn.draw_product
        ) as share_below
    from drawn
),

granted as (
    select
        typed.loan_id,
        typed.loan_key,
        products.product,
        products.annual_rate,
        products.term_months,
        {{ shardrun.pick('typed.draw_seasoning', 'products.term_months') }} as months_paid,
        cast(
            products.least_principal
            + {{ shardrun.pick(
                'typed.draw_principal',
                'cast(products.most_principal - products.least_principal as integer)'
            ) }} as decimal(12, 2)
        ) as principal
    from typed
    inner join products using (share_below)
)

select
    loan_id,
    loan_key,
    product,
    annual_rate,
    principal,
    cast(
        principal * annual_rate / 12 / (1 - pow(1 + annual_rate / 12, -term_months))
        as decimal(12, 2)
    ) as monthly_payment,
    cast(
        principal
        * (pow(1 + annual_rate / 12, term_months) - pow(1 + annual_rate / 12, months_paid))
        / (pow(1 + annual_rate / 12, term_months) - 1) as decimal(12, 2)
    ) as balance
from granted
order by loan_id
