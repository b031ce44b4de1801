"""The workforce project's configuration: census, assumptions and plan rules beside the run's keys.

It owns names, ranges and defaults of the keys that only the bundled project has, and what they
are called as dbt vars. It must never read the census or know of stages, threads or shards.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from shardrun.config.problems import shown
from shardrun.config.simulation import (
    INTEGER_TOO,
    FilePath,
    SimulationConfig,
    SimulationSection,
)
from shardrun.config.workflow import EventTable, JsonScalar, Section, Text, WorkflowSection


def _month_day(value: object) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[0-9]{2}-[0-9]{2}", value):
        raise ValueError(f"expected a month and a day as MM-DD, such as 04-01, not {shown(value)}")
    if value == "02-29":
        raise ValueError("02-29 is not in every year; choose 02-28 or 03-01")
    try:
        date.fromisoformat(f"2025-{value}")
    except ValueError:
        raise ValueError(f"{value} is no day of the year; write month-day, such as 04-01") from None
    return value


def _date_format(value: str) -> str:
    parts = set(re.findall(r"%-?([A-Za-z])", value))
    if not (parts & set("Yy") and ("j" in parts or (parts & set("mbB") and "d" in parts))):
        raise ValueError(
            f"{shown(value)} lacks a year, a month or a day in strptime letters; "
            'write it like "%m/%d/%Y"'
        )
    return value


# as precise as the columns of dbt's stg_parameters, so that no rate is rounded on its way there
Rate = Annotated[Decimal, Field(ge=0, le=1, decimal_places=6), INTEGER_TOO]
DeferralRate = Annotated[Decimal, Field(ge=0, le=1, decimal_places=4), INTEGER_TOO]
GrowthRate = Annotated[Decimal, Field(ge=Decimal("-0.5"), le=1, decimal_places=6), INTEGER_TOO]
Hours = Annotated[Decimal, Field(ge=1, le=8784, decimal_places=2), INTEGER_TOO]
PayScale = Annotated[Decimal, Field(gt=0, le=1_000_000, decimal_places=9), INTEGER_TOO]
MonthDay = Annotated[
    str,
    BeforeValidator(_month_day),
    Field(json_schema_extra={"pattern": "^[0-9]{2}-[0-9]{2}$"}),
]


class WorkforceSimulationSection(SimulationSection):
    """`simulation`: which years, the seed of every random draw, and growth.

    Attributes:
        target_growth_rate: active headcount at each year's end over its start, minus one; met
            exactly, to rounding.
    """

    target_growth_rate: GrowthRate = Decimal("0.03")


class WorkforceWorkflowSection(WorkflowSection):
    """`workflow`: the stages of a year, and the tables that mean something to us."""

    event_table: EventTable | None = EventTable(
        model="fct_yearly_events",
        shard_key="employee_key",
        entity_keys=("employee_key", "employee_id"),
        unique_key=("simulation_year", "employee_id", "event_sequence"),
        order_by=("simulation_year", "employee_key", "employee_id", "event_sequence"),
        type_column="event_type",
    )


class CensusColumns(Section):
    """`census.columns`: what the census file calls a column; None means by its own name here.

    Attributes:
        employee_id: who it is; unique, kept as text.
        birth_date: date of birth.
        hire_date: date of hire.
        compensation: pay in the census's currency, for `census.pay_period`.
        job_level: a level of dbt/seeds/job_levels.csv; follows from the pay bands where missing.
        is_enrolled: whether the person is in the plan; nobody is where missing.
        deferral_rate: share of pay that an enrolled person defers, 0 to 1.
    """

    employee_id: Text | None = None
    birth_date: Text | None = None
    hire_date: Text | None = None
    compensation: Text | None = None
    job_level: Text | None = None
    is_enrolled: Text | None = None
    deferral_rate: Text | None = None

    @model_validator(mode="after")
    def _one_meaning_a_column(self) -> Self:
        meanings: dict[str, str] = {}
        for meaning, name in self:
            if name is not None and (first := meanings.setdefault(name, meaning)) != meaning:
                raise ValueError(f"{shown(name)} is given for both {first} and {meaning}")
        return self


class CensusConfig(Section):
    """`census`: the file of the people employed at the start, and how to read it.

    Attributes:
        path: Parquet or CSV.
        columns: the file's own column names.
        date_format: strptime format of its dates; None means found by itself.
        pay_period: what `compensation` is paid for.
        hours_per_year: hours behind a year of hourly pay.
    """

    path: FilePath = Path("data/census.parquet")
    columns: CensusColumns = CensusColumns()
    date_format: Annotated[Text, AfterValidator(_date_format)] | None = None
    pay_period: Literal["annual", "monthly", "hourly"] = "annual"
    hours_per_year: Hours = Decimal(2080)


class CompensationSection(Section):
    """`compensation`: how pay rises; rates are shares of pay.

    `pay_scale` multiplies the pay of job levels and hires in dbt/seeds/, which is in US dollars
    of 2025; from the start year on it grows with `cola_rate`.

    Attributes:
        pay_scale: times the pay in dbt/seeds/.
        cola_rate: cost of living, on every raise and on the pay levels.
        merit_budget: merit rise of an average performer.
        raise_date: month-day on which raises take effect.
        promotion_increase: over the pay of the day before, at least the new level's minimum.
    """

    pay_scale: PayScale = Decimal(1)
    cola_rate: Rate = Decimal("0.02")
    merit_budget: Rate = Decimal("0.03")
    raise_date: MonthDay = "04-01"
    promotion_increase: Rate = Decimal("0.08")


class PlanSection(Section):
    """`plan`: eligibility in days from hire; automatic escalation in shares of pay.

    Attributes:
        eligibility_wait_days: days from hire to the first possible enrollment.
        escalation_date: month-day of automatic deferral increases.
        escalation_step: what an increase adds to the deferral rate.
        escalation_cap: the deferral rate that increases stop at.
    """

    eligibility_wait_days: int = Field(default=90, ge=0, le=3650)
    escalation_date: MonthDay = "07-01"
    escalation_step: DeferralRate = Decimal("0.01")
    escalation_cap: DeferralRate = Decimal("0.10")


class WorkforceConfig(SimulationConfig):
    """Everything a run of the bundled workforce project is told; every key has a default."""

    simulation: WorkforceSimulationSection = WorkforceSimulationSection()
    workflow: WorkforceWorkflowSection = WorkforceWorkflowSection()
    census: CensusConfig = CensusConfig()
    compensation: CompensationSection = CompensationSection()
    plan: PlanSection = PlanSection()

    def with_census(self, path: Path) -> Self:
        """Return this configuration with another census file."""
        return self.model_copy(update={"census": self.census.model_copy(update={"path": path})})

    def dbt_vars(self) -> dict[str, JsonScalar]:
        """Return the run's vars and the assumptions; rates are decimal text such as "0.03"."""
        return super().dbt_vars() | {
            "target_growth_rate": _plain(self.simulation.target_growth_rate),
            "pay_scale": _plain(self.compensation.pay_scale),
            "cola_rate": _plain(self.compensation.cola_rate),
            "merit_budget": _plain(self.compensation.merit_budget),
            "raise_date": self.compensation.raise_date,
            "promotion_increase": _plain(self.compensation.promotion_increase),
            "eligibility_wait_days": self.plan.eligibility_wait_days,
            "escalation_date": self.plan.escalation_date,
            "escalation_step": _plain(self.plan.escalation_step),
            "escalation_cap": _plain(self.plan.escalation_cap),
        }

    def first_year_vars(self) -> frozenset[str]:
        """Return the vars that mean nothing later: pay levels go on from those of the year before.

        A branch, which begins later, can't change them.
        """
        return super().first_year_vars() | {"pay_scale"}


def _plain(rate: Decimal) -> str:
    """Return one spelling for equal rates: no exponent, no trailing zeros, no negative zero."""
    return format((rate + 0).normalize(), "f")
