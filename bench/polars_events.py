"""A year's events by hand in polars and numpy: what an analyst would write instead of dbt models.

The rules are those of `dbt/models/events`, with the same draws; money is whole cents and rates are
whole ten-thousandths or millionths, so that nothing is rounded by a float. It must never read
or write a file.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

import polars as pl

from bench.polars_draws import add_draws, occurs, pick
from bench.polars_event_table import event_table
from shardrun.workforce.draws import STREAMS


def generate_events(inputs: dict[str, pl.DataFrame]) -> pl.DataFrame:
    """Return the events of a year in canonical order, from its inputs by name."""
    year = _Year.of(inputs["year"])
    people = pl.concat([_opening(inputs, year), _hires(inputs)])
    people = people.join(inputs["hazards"], on=["age_band", "tenure_band", "job_level"])
    people = add_draws(people, year.number, year.seed, STREAMS[4:13])
    gone_from = pl.col("termination_date").fill_null(year.last_day + 1)
    people = people.with_columns(gone_from=gone_from)
    people = _plan(_pay(people, inputs, year), inputs, year)
    return event_table(people, year.number)


@dataclass(frozen=True)
class _Year:
    """What holds for everyone; days since 1970, cents, and whole parts of rates."""

    number: int
    seed: int
    first_day: int
    last_day: int
    raise_day: int
    escalation_day: int
    eligibility_wait_days: int
    escalation_step: int
    escalation_cap: int
    promotion_increase: int
    pay_scale: Decimal
    cola_rate: Decimal
    merit_budget: Decimal

    @property
    def days(self) -> int:
        return self.last_day - self.first_day + 1

    @classmethod
    def of(cls, parameters: pl.DataFrame) -> _Year:
        row = parameters.row(0, named=True)
        days = parameters.select(pl.col(pl.Date).cast(pl.Int32)).row(0, named=True)
        return cls(
            number=row["simulation_year"],
            seed=row["random_seed"],
            first_day=days["first_day"],
            last_day=days["last_day"],
            raise_day=days["raise_date"],
            escalation_day=days["escalation_date"],
            eligibility_wait_days=row["eligibility_wait_days"],
            escalation_step=int(row["escalation_step"] * 10_000),
            escalation_cap=int(row["escalation_cap"] * 10_000),
            promotion_increase=int(row["promotion_increase"] * 1_000_000),
            pay_scale=row["pay_scale"],
            cola_rate=row["cola_rate"],
            merit_budget=row["merit_budget"],
        )


def _opening(inputs: dict[str, pl.DataFrame], year: _Year) -> pl.DataFrame:
    """Return everyone employed as the year begins, with when and why they leave."""
    people = inputs["census"].with_columns(
        age=_years_until_new_year("birth_date", year),
        tenure_years=_years_until_new_year("hire_date", year),
        hire_date=pl.col("hire_date").cast(pl.Int32),
    )
    people = people.join(inputs["age_bands"], on="age").join(
        inputs["tenure_bands"], on="tenure_years"
    )
    people = people.join(inputs["leavers"], on="employee_id", how="left")
    people = people.join(inputs["layoffs"], on="employee_id", how="left")
    return people.select(
        *("employee_id", "employee_key", "hire_date", "job_level", "compensation"),
        *("is_enrolled", "deferral_rate", "age_band", "tenure_band"),
        pl.lit(False).alias("is_new_hire"),
        pl.coalesce("leaving_date", "layoff_date").cast(pl.Int32).alias("termination_date"),
        pl.when(pl.col("layoff_date").is_not_null())
        .then(pl.lit("layoff"))
        .otherwise("termination_reason")
        .alias("termination_reason"),
    )


def _hires(inputs: dict[str, pl.DataFrame]) -> pl.DataFrame:
    return inputs["hires"].select(
        *("employee_id", "employee_key", pl.col("hire_date").cast(pl.Int32), "job_level"),
        *("compensation", pl.lit(False).alias("is_enrolled")),
        pl.lit(0, pl.Int64).alias("deferral_rate"),
        *("age_band", "tenure_band", pl.lit(True).alias("is_new_hire")),
        *(pl.col("termination_date").cast(pl.Int32), "termination_reason"),
    )


def _pay(people: pl.DataFrame, inputs: dict[str, pl.DataFrame], year: _Year) -> pl.DataFrame:
    """Add promotion and raise, each on the pay of its day."""
    levels = list(inputs["levels"].iter_rows(named=True))
    least = {row["job_level"]: _cents(row["min_compensation"] * year.pay_scale) for row in levels}
    by_level = pl.DataFrame(
        {
            "job_level": list(least),
            "is_top_level": [row["is_top_level"] for row in levels],
            "promoted_level": [level + 1 if level + 1 in least else None for level in least],
            "promoted_least": [least.get(level + 1) for level in least],
        },
        schema_overrides={"job_level": pl.Int8, "promoted_level": pl.Int8},
    )
    ratings = inputs["ratings"].select("performance_rating", "merit_multiplier").unique()
    raises = pl.DataFrame(
        [
            (rating, level["job_level"], _raise_rate(year, multiplier, level["merit_multiplier"]))
            for rating, multiplier in ratings.iter_rows()
            for level in levels
        ],
        schema={"performance_rating": pl.String, "job_level": pl.Int8, "raise_rate": pl.Int64},
        orient="row",
    )
    promoted_on = year.first_day + pick("promotion_date", year.days)
    people = (
        people.join(by_level, on="job_level")
        .with_columns(slot=pick("performance", 1000))
        .join(inputs["ratings"].select("slot", "performance_rating"), on="slot")
        .join(raises, on=["performance_rating", "job_level"])
        .with_columns(
            promotion_date=pl.when(
                ~pl.col("is_new_hire")
                & ~pl.col("is_top_level")
                & (promoted_on < pl.col("gone_from"))
                & occurs("promotion", pl.col("promotion_hazard"))
            ).then(promoted_on),
            raise_date=pl.when(
                ~pl.col("is_new_hire") & (pl.lit(year.raise_day) < pl.col("gone_from"))
            ).then(pl.lit(year.raise_day, pl.Int32)),
        )
    )
    before_raise = pl.col("raise_date").is_null() | (
        pl.col("promotion_date") <= pl.col("raise_date")
    )
    first = (pl.col("promotion_date").is_not_null() & before_raise).fill_null(False)
    people = people.with_columns(promotion_is_first=first).with_columns(
        promotion_before=pl.when(pl.col("raise_date").is_null() | pl.col("promotion_is_first"))
        .then("compensation")
        .otherwise(_raised("compensation", pl.col("raise_rate")))
    )
    people = people.with_columns(
        promotion_after=pl.max_horizontal(
            _raised("promotion_before", pl.lit(year.promotion_increase)), "promoted_least"
        )
    ).with_columns(
        raise_before=pl.when("promotion_is_first").then("promotion_after").otherwise("compensation")
    )
    return people.with_columns(raise_after=_raised("raise_before", pl.col("raise_rate")))


def _plan(people: pl.DataFrame, inputs: dict[str, pl.DataFrame], year: _Year) -> pl.DataFrame:
    """Add what employees do with the benefit plan."""
    eligible_from = pl.max_horizontal(
        pl.col("hire_date") + year.eligibility_wait_days, pl.lit(year.first_day)
    )
    people = people.with_columns(
        eligible_from=eligible_from,
        eligible_days=pl.max_horizontal(year.last_day - eligible_from + 1, 0),
        slot=pick("enrollment_rate", 1000),
    ).join(inputs["choices"], on="slot")
    enrolled_on = pl.col("eligible_from") + pick("enrollment_date", pl.col("eligible_days"))
    opted_out_on = year.first_day + pick("opt_out_date", year.days)
    faced = pl.col("enrollment_hazard") * pl.col("eligible_days") / year.days
    people = people.with_columns(
        enrollment_date=pl.when(
            ~pl.col("is_enrolled")
            & (enrolled_on < pl.col("gone_from"))
            & occurs("enrollment", faced)
        ).then(enrolled_on),
        opt_out_date=pl.when(
            pl.col("is_enrolled")
            & (opted_out_on < pl.col("gone_from"))
            & occurs("opt_out", pl.col("opt_out_hazard"))
        ).then(opted_out_on),
    )
    escalation = pl.lit(year.escalation_day, pl.Int32)
    return people.with_columns(
        deferral_change_date=pl.when(
            pl.col("is_enrolled")
            & (pl.col("deferral_rate") < year.escalation_cap)
            & (escalation < pl.col("gone_from"))
            & (pl.col("opt_out_date").is_null() | (escalation < pl.col("opt_out_date")))
            & occurs("deferral_change", pl.col("deferral_change_hazard"))
        ).then(escalation),
        escalated_rate=pl.min_horizontal(
            pl.col("deferral_rate") + year.escalation_step, pl.lit(year.escalation_cap)
        ),
    )


def _years_until_new_year(column: str, year: _Year) -> pl.Expr:
    date = pl.col(column)
    after_new_year = (date.dt.month() > 1) | (date.dt.day() > 1)
    return year.number - date.dt.year() - after_new_year.cast(pl.Int32)


def _raised(column: str, rate: pl.Expr) -> pl.Expr:
    """Return cents that have grown by a rate in millionths, rounded half up."""
    return (pl.col(column) * (1_000_000 + rate.cast(pl.Int64)) + 500_000) // 1_000_000


def _raise_rate(year: _Year, rating: Decimal, level: Decimal) -> int:
    merit = (year.merit_budget * rating * level).quantize(Decimal("1e-6"), ROUND_HALF_UP)
    return int((year.cola_rate + merit) * 1_000_000)


def _cents(amount: Decimal) -> int:
    return int(amount.quantize(Decimal("0.01"), ROUND_HALF_UP) * 100)
