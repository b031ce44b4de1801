"""From people with their dates to events with level, pay and rate before and after, in polars."""

from __future__ import annotations

import polars as pl

EVENT_COLUMNS = (
    *("simulation_year", "employee_id", "employee_key", "event_sequence", "event_type"),
    *("effective_date", "event_reason", "job_level_before", "job_level_after"),
    *("compensation_before", "compensation_after"),
    *("deferral_rate_before", "deferral_rate_after"),
)
_EVENT_TYPES = (
    *("hire", "promotion", "raise", "enrollment", "deferral_change", "opt_out", "termination"),
)


def _ordered(people: pl.DataFrame) -> pl.DataFrame:
    """Add each event's place in its employee's year: by day, then in the order of the types."""
    people = people.with_columns(
        entry_date=pl.col("hire_date"), hire_date=pl.when("is_new_hire").then("hire_date")
    )
    places = {}
    for place, event_type in enumerate(_EVENT_TYPES):
        date = pl.col(f"{event_type}_date")
        earlier = [
            ((other <= date) if other_place < place else (other < date)).fill_null(False)
            for other_place, name in enumerate(_EVENT_TYPES)
            if name != event_type
            for other in (pl.col(f"{name}_date"),)
        ]
        places[f"{event_type}_sequence"] = 1 + pl.sum_horizontal(earlier)
    return people.with_columns(**places)


def event_table(people: pl.DataFrame, year: int) -> pl.DataFrame:
    """Return the events in canonical order, a row each.

    Args:
        people: a row each, with a date for each type of event.
        year: of the events.
    """
    people = _ordered(people)
    nothing, zero = pl.lit(None), pl.lit(0)
    changed: dict[str, tuple[pl.Expr, ...]] = {
        "hire": (nothing, nothing, pl.col("job_level"), zero, pl.col("compensation"), zero, zero),
        "promotion": (
            *(nothing, pl.col("job_level"), pl.col("promoted_level")),
            *(pl.col("promotion_before"), pl.col("promotion_after")),
            *(_rate_before("promotion"), _rate_before("promotion")),
        ),
        "raise": (
            *(pl.col("performance_rating"), _level_on("raise"), _level_on("raise")),
            *(pl.col("raise_before"), pl.col("raise_after")),
            *(_rate_before("raise"), _rate_before("raise")),
        ),
        "enrollment": (
            *(nothing, *_state_on("enrollment")),
            *(zero, pl.col("enrolled_rate")),
        ),
        "deferral_change": (
            *(pl.lit("automatic escalation"), *_state_on("deferral_change")),
            *(pl.col("deferral_rate"), pl.col("escalated_rate")),
        ),
        "opt_out": (nothing, *_state_on("opt_out"), _rate_before("opt_out"), zero),
        "termination": (
            *(pl.col("termination_reason"), _level_on("termination"), nothing),
            *(_pay_on("termination"), zero, _rate_before("termination"), zero),
        ),
    }
    types = (*(pl.String, pl.Int8, pl.Int8, pl.Int64, pl.Int64, pl.Int64, pl.Int64),)
    events = pl.concat(
        people.filter(pl.col(f"{event_type}_date").is_not_null()).select(
            pl.lit(year).alias("simulation_year"),
            *("employee_id", "employee_key"),
            pl.col(f"{event_type}_sequence").cast(pl.Int8).alias("event_sequence"),
            pl.lit(event_type).alias("event_type"),
            pl.col(f"{event_type}_date").cast(pl.Int32).cast(pl.Date).alias("effective_date"),
            *(
                value.cast(kind).alias(name)
                for value, kind, name in zip(values, types, EVENT_COLUMNS[6:], strict=True)
            ),
        )
        for event_type, values in changed.items()
    )
    return events.sort("employee_key", "employee_id", "event_sequence")


def _state_on(event_type: str) -> tuple[pl.Expr, ...]:
    """Return level and pay, before and after an event that changes neither."""
    level, pay = _level_on(event_type), _pay_on(event_type)
    return level, level, pay, pay


def _level_on(event_type: str) -> pl.Expr:
    promoted = pl.col("promotion_date") <= pl.col(f"{event_type}_date")
    return pl.when(promoted).then("promoted_level").otherwise("job_level")


def _pay_on(event_type: str) -> pl.Expr:
    date = pl.col(f"{event_type}_date")
    promoted, raised = pl.col("promotion_date") <= date, pl.col("raise_date") <= date
    both = pl.when("promotion_is_first").then("raise_after").otherwise("promotion_after")
    return (
        pl.when(promoted & raised)
        .then(both)
        .when(promoted)
        .then("promotion_after")
        .when(raised)
        .then("raise_after")
        .otherwise("compensation")
    )


def _rate_before(event_type: str) -> pl.Expr:
    date = pl.col(f"{event_type}_date")
    return (
        pl.when(pl.col("opt_out_date") < date)
        .then(0)
        .when(pl.col("deferral_change_date") < date)
        .then("escalated_rate")
        .when(pl.col("enrollment_date") < date)
        .then("enrolled_rate")
        .otherwise("deferral_rate")
    )
