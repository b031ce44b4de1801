-- what went into the plan: the employee's elected contributions up to the year's legal limit, and
-- the employer's match on them, tier by tier of the employee's pay up to its own limit
with closing as (
    select * from {{ ref('int_closing_state') }}
),

year_parameters as (
    select * from {{ ref('int_year_parameters') }}
    where simulation_year = {{ var('simulation_year') }}
),

match_formula as (
    select * from {{ ref('stg_match_tiers') }}
),

limited as (
    select
        closing.*,
        least(
            closing.elected_contributions,
            year_parameters.elective_deferral_limit
            + case
                when closing.age >= year_parameters.catch_up_age then year_parameters.catch_up_limit
                else 0
            end
        ) as employee_contributions,
        least(closing.prorated_compensation, year_parameters.compensation_limit)
            as matchable_compensation,
        match_formula.tiers
    from closing
    cross join year_parameters
    cross join match_formula
)

select
    * exclude (elected_contributions, matchable_compensation, tiers),
    cast(round(list_sum(list_transform(tiers, lambda tier: tier.match_rate * greatest(
        least(employee_contributions, tier.max_deferral_rate * matchable_compensation)
        - tier.min_deferral_rate * matchable_compensation,
        0
    ))), 2) as decimal(12, 2)) as employer_match
from limited
