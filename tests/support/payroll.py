"""An employee's year reckoned day by day in exact fractions, from the census and the events.

Owns the reference that the snapshot is compared with. It must never read a model other than
fct_yearly_events, nor share a formula with one.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class State:
    """What an employee has at the end of a day; pay is annual, a rate is a share of pay."""

    job_level: int | None
    compensation: Decimal
    deferral_rate: Decimal
    is_enrolled: bool
    is_employed: bool = True


NOT_YET_HIRED = State(None, Decimal(0), Decimal(0), is_enrolled=False, is_employed=False)


@dataclass(frozen=True, slots=True)
class Event:
    """One row of fct_yearly_events, what it leads to."""

    event_type: str
    effective_date: date
    job_level_after: int | None
    compensation_after: Decimal
    deferral_rate_after: Decimal

    def apply(self, state: State) -> State:
        """Return the state after the event."""
        if self.event_type == "termination":
            return replace(state, is_employed=False)
        is_enrolled = {"enrollment": True, "opt_out": False}.get(self.event_type, state.is_enrolled)
        return State(
            self.job_level_after, self.compensation_after, self.deferral_rate_after, is_enrolled
        )


@dataclass(frozen=True, slots=True)
class Year:
    """What one year comes to, rounded to cents."""

    closing: State
    prorated_compensation: Decimal
    employee_contributions: Decimal
    employer_match: Decimal


@dataclass(frozen=True, slots=True)
class Plan:
    """The rules of the plan as the seeds have them, for any year from the last one in them on."""

    deferral_limit: Decimal
    catch_up_limit: Decimal
    catch_up_age: int
    compensation_limit: Decimal
    tiers: tuple[tuple[Decimal, Decimal, Decimal], ...]

    @classmethod
    def read(cls, seeds: Path) -> Plan:
        """Read the seeds of a project."""
        with (seeds / "plan_limits.csv").open() as file:
            limits = max(csv.DictReader(file), key=lambda row: int(row["plan_year"]))
        with (seeds / "match_tiers.csv").open() as file:
            tiers = tuple(
                (
                    Decimal(row["min_deferral_rate"]),
                    Decimal(row["max_deferral_rate"]),
                    Decimal(row["match_rate"]),
                )
                for row in csv.DictReader(file)
            )
        return cls(
            Decimal(limits["elective_deferral_limit"]),
            Decimal(limits["catch_up_limit"]),
            int(limits["catch_up_age"]),
            Decimal(limits["compensation_limit"]),
            tiers,
        )


def live_through(
    year: int, birth_date: date, opening: State, events: Sequence[Event], plan: Plan
) -> Year:
    """Go through the days of a year.

    Args:
        year: the calendar year.
        birth_date: for the age at the year's end.
        opening: the state as the year begins.
        events: the employee's events of the year, in the order of event_sequence.
        plan: the rules of the plan.

    Returns:
        The closing state and the year's sums.
    """
    by_day: dict[date, list[Event]] = {}
    for event in events:
        by_day.setdefault(event.effective_date, []).append(event)

    state = opening
    pay = deferred = Decimal(0)
    days = 0
    day = date(year, 1, 1)
    while day.year == year:
        # the last day of work is paid
        is_paid = state.is_employed
        for event in by_day.get(day, ()):
            state = event.apply(state)
            is_paid |= state.is_employed
        if is_paid:
            pay += state.compensation
            deferred += state.compensation * state.deferral_rate
        days += 1
        day += ONE_DAY

    prorated = _cents(Fraction(pay) / days)
    limit = plan.deferral_limit
    if year - birth_date.year >= plan.catch_up_age:
        limit += plan.catch_up_limit
    contributions = min(_cents(Fraction(deferred) / days), limit)
    matched_pay = Fraction(min(prorated, plan.compensation_limit))
    match = Fraction(0)
    for low, high, rate in plan.tiers:
        within = min(Fraction(contributions), Fraction(high) * matched_pay)
        match += Fraction(rate) * max(within - Fraction(low) * matched_pay, Fraction(0))
    return Year(state, prorated, contributions, _cents(match))


def _cents(amount: Fraction) -> Decimal:
    # halves go up; no amount is negative
    return Decimal((200 * amount + 1) // 2) / 100
