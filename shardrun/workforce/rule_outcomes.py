"""Why each rule of a year came out as it did, in words.

Reads one row of `rules.sql`, which has decided everything; it must never decide anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from shardrun.workforce.draws import DRAW_RANGE
from shardrun.workforce.hazards import Hazard, HazardTables

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Draw:
    """One number drawn, and what it chose.

    Attributes:
        stream: the random stream.
        word: the draw, a whole number below 2^32.
        chose: what followed from it, where it chooses something.
    """

    stream: str
    word: int
    chose: str | None = None

    @property
    def number(self) -> float:
        """The draw on 0 to 1, exactly."""
        return self.word / DRAW_RANGE


@dataclass(frozen=True, slots=True)
class RuleOutcome:
    """What one rule did to one person in one year.

    Attributes:
        rule: its event type.
        hazard: what the first draw had to be below; None where no hazard decides.
        draws: the numbers drawn for it, whether anything hung on them or not.
        happened: whether there is an event.
        on: its day.
        detail: what comes with the event: a reason, a rating, a level, a rate.
        why: why it came out so, for a person.
    """

    rule: str
    hazard: Hazard | None
    draws: tuple[Draw, ...]
    happened: bool
    on: date | None
    detail: str | int | Decimal | None
    why: str


def rule_outcomes(row: Row, hazards: HazardTables) -> tuple[RuleOutcome, ...]:
    """Explain every rule of a year, in the order in which the model asks them.

    Args:
        row: of `rules.sql`.
        hazards: of the same database.
    """
    return tuple(_outcomes(row, hazards))


def _outcomes(row: Row, hazards: HazardTables) -> Iterator[RuleOutcome]:
    bands = {
        "age": row["age_band"],
        "tenure": row["tenure_band"],
        "level": str(row["job_level"]),
    }

    def hazard(rule: str, days: int) -> Hazard:
        return hazards.hazard(rule, bands, row[f"{rule}_hazard"], days, row["days_in_year"])

    def draw(stream: str, chose: object = None) -> Draw:
        return Draw(stream, row[f"draw_{stream}"], None if chose is None else str(chose))

    year = row["days_in_year"]
    if row["is_new_hire"]:
        yield RuleOutcome(
            rule="hire",
            hazard=None,
            draws=(
                draw("hire_level", f"level {row['drawn_level']}"),
                draw("hire_age", f"born {row['drawn_birth_date']}"),
                draw("hire_date", row["drawn_hire_date"]),
                draw("hire_compensation", f"pay {row['drawn_compensation']:,}"),
            ),
            happened=True,
            on=row["drawn_hire_date"],
            detail=row["drawn_level"],
            why="yes: one of those the year's growth target needs",
        )
    faced = hazard("termination", row["days_at_risk"])
    yield RuleOutcome(
        rule="termination",
        hazard=faced,
        draws=(
            draw("termination"),
            draw("termination_date", row["drawn_termination_date"]),
            draw("termination_reason", row["drawn_reason"]),
        ),
        happened=row["is_terminated"],
        on=row["drawn_termination_date"] if row["is_terminated"] else None,
        detail=row["drawn_reason"] if row["is_terminated"] else None,
        why=_against(row["is_terminated"]),
    )
    if row["layoffs"]:
        yield RuleOutcome(
            rule="layoff",
            hazard=None,
            draws=(draw("layoff"), draw("termination_date", row["drawn_layoff_date"])),
            happened=row["is_laid_off"],
            on=row["drawn_layoff_date"] if row["is_laid_off"] else None,
            detail="layoff" if row["is_laid_off"] else None,
            why=_layoff(row),
        )
    yield RuleOutcome(
        rule="promotion",
        hazard=hazard("promotion", year),
        draws=(draw("promotion"), draw("promotion_date", row["drawn_promotion_date"])),
        happened=row["is_promoted"],
        on=row["drawn_promotion_date"] if row["is_promoted"] else None,
        detail=row["next_level"] if row["is_promoted"] else None,
        why=_why(
            row["is_promoted"],
            ("hired this year", row["is_new_hire"]),
            (f"level {row['job_level']} is the top", row["is_top_level"]),
            (_gone(row), row["drawn_promotion_date"] >= row["gone_from"]),
        ),
    )
    yield RuleOutcome(
        rule="raise",
        hazard=None,
        draws=(draw("performance", row["performance_rating"]),),
        happened=row["is_raised"],
        on=row["raise_date"] if row["is_raised"] else None,
        detail=row["performance_rating"] if row["is_raised"] else None,
        why=_raise(row),
    )
    yield RuleOutcome(
        rule="enrollment",
        hazard=hazard("enrollment", row["eligible_days"]),
        draws=(
            draw("enrollment"),
            draw("enrollment_date", row["drawn_enrollment_date"]),
            draw("enrollment_rate", f"{row['drawn_deferral_rate']:.1%}"),
        ),
        happened=row["is_enrolling"],
        on=row["drawn_enrollment_date"] if row["is_enrolling"] else None,
        detail=row["drawn_deferral_rate"] if row["is_enrolling"] else None,
        why=_why(
            row["is_enrolling"],
            ("in the plan already", row["is_enrolled"]),
            (f"not eligible before {row['eligible_from']}", not row["eligible_days"]),
            (_gone(row), row["drawn_enrollment_date"] >= row["gone_from"]),
        ),
    )
    yield RuleOutcome(
        rule="opt_out",
        hazard=hazard("opt_out", year),
        draws=(draw("opt_out"), draw("opt_out_date", row["drawn_opt_out_date"])),
        happened=row["is_opting_out"],
        on=row["drawn_opt_out_date"] if row["is_opting_out"] else None,
        detail=None,
        why=_why(
            row["is_opting_out"],
            ("not in the plan as the year began", not row["is_enrolled"]),
            (_gone(row), row["drawn_opt_out_date"] >= row["gone_from"]),
        ),
    )
    yield RuleOutcome(
        rule="deferral_change",
        hazard=hazard("deferral_change", year),
        draws=(draw("deferral_change"),),
        happened=row["is_escalated"],
        on=row["escalation_date"] if row["is_escalated"] else None,
        detail=row["escalated_rate"] if row["is_escalated"] else None,
        why=_why(
            row["is_escalated"],
            ("not in the plan as the year began", not row["is_enrolled"]),
            (
                f"defers the most already, {row['deferral_rate']:.1%}",
                row["deferral_rate"] >= row["escalation_cap"],
            ),
            (
                f"gone by {row['escalation_date']}",
                row["escalation_date"] >= row["gone_from"],
            ),
            (
                f"opted out by {row['escalation_date']}",
                row["is_opting_out"] and row["drawn_opt_out_date"] <= row["escalation_date"],
            ),
        ),
    )


def _why(happened: bool, *obstacles: tuple[str, bool]) -> str:
    """Say what stood against an event before its draw was asked, or what the draw said."""
    for text, stands in obstacles:
        if stands:
            return f"no: {text}"
    return _against(happened)


def _against(happened: bool) -> str:
    return "yes: drawn below the hazard" if happened else "no: not drawn below the hazard"


def _gone(row: Row) -> str:
    return f"the day drawn is not before {row['gone_from']}, the last"


def _layoff(row: Row) -> str:
    planned = f"the {row['layoffs']:,} lowest draws of those staying are laid off"
    if row["is_new_hire"]:
        return "no: hired this year"
    if row["is_terminated"]:
        return "no: leaves anyway"
    highest = row["draw_last_layoff"] / DRAW_RANGE
    return f"{'yes' if row['is_laid_off'] else 'no'}: {planned}, up to {highest:.6f}"


def _raise(row: Row) -> str:
    if row["is_new_hire"]:
        return "no: hired this year"
    if not row["is_raised"]:
        return f"no: gone by {row['raise_date']}"
    return (
        f"yes: {row['cola_rate']:.2%} cost of living + {row['merit_budget']:.2%} merit budget x "
        f"{row['rating_merit_multiplier'].normalize():f} ({row['performance_rating']}) x "
        f"{row['level_merit_multiplier'].normalize():f} (level {row['job_level']}) = "
        f"{row['raise_rate']:.2%}"
    )
