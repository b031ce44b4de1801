"""One life on the screen and as a document: a year after another, a line a rule.

It stands here and not in the console, which knows nothing of the workforce.
"""

from __future__ import annotations

from dataclasses import asdict
from decimal import Decimal
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from shardrun.console.documents import Document, json_value
from shardrun.console.numbers import NOTHING
from shardrun.console.tables import ruled_table
from shardrun.workforce.hazards import Hazard
from shardrun.workforce.life import Life, LifeYear
from shardrun.workforce.rule_outcomes import Draw, RuleOutcome

_ENTERED = (
    "is_new_hire",
    "birth_date",
    "hire_date",
    "age",
    "age_band",
    "tenure_years",
    "tenure_band",
    "job_level",
    "compensation",
    "is_enrolled",
    "deferral_rate",
)


def life_view(life: Life, shards: int) -> RenderableType:
    """Show a life.

    Args:
        life: of one person.
        shards: into how many parts a year's events are split.
    """
    first = life.years[0].entered
    head = Text.assemble(
        (life.employee_id, "bold"),
        f"  born {first['birth_date']}, hired {first['hire_date']}, "
        f"shard {life.shard_of(shards)} of {shards}",
    )
    return Group(head, *(part for year in life.years for part in _year_view(year)))


def life_document(life: Life, shards: int) -> Document:
    """Return all that a life shows; draws as whole numbers below 2^32, and on 0 to 1."""
    return {
        "employee_id": life.employee_id,
        "employee_key": life.key,
        "shard": {"index": life.shard_of(shards), "of": shards},
        "agrees_with_database": life.agrees,
        "years": [
            {
                "year": year.year,
                "agrees_with_database": year.agrees,
                "entered": _plain({name: year.entered[name] for name in _ENTERED}),
                "rules": [_rule_document(rule) for rule in year.rules],
                "events": [_plain(event) for event in year.events],
                "snapshot": _plain(year.snapshot),
            }
            for year in life.years
        ],
    }


def _rule_document(rule: RuleOutcome) -> Document:
    hazard = rule.hazard
    return {
        "rule": rule.rule,
        "happened": rule.happened,
        "on": json_value(rule.on),
        "detail": json_value(rule.detail),
        "why": rule.why,
        "hazard": hazard
        and {**_plain(asdict(hazard)), "faced": hazard.faced, "is_capped": hazard.is_capped},
        "draws": [{**asdict(draw), "number": draw.number} for draw in rule.draws],
    }


def _plain(value: Any) -> Any:
    match value:
        case dict():
            return {name: _plain(item) for name, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
        case _:
            return json_value(value)


def _year_view(year: LifeYear) -> list[RenderableType]:
    entered, snapshot = year.entered, year.snapshot
    status = str(snapshot["employment_status"]).replace("_", " ")
    if snapshot["termination_date"]:
        status += f", {snapshot['termination_reason']} on {snapshot['termination_date']}"
    facts = (
        f"age {entered['age']} ({entered['age_band']}), "
        f"{entered['tenure_years']} years here ({entered['tenure_band']}), "
        f"level {entered['job_level']}{_became(entered['job_level'], snapshot['job_level'])}, "
        f"pay {_amount(entered['compensation'])}"
        f"{_became(*map(_amount, (entered['compensation'], snapshot['current_compensation'])))}, "
        f"{_in_plan(entered)}{_became(_in_plan(entered), _in_plan(snapshot))}"
    )
    parts: list[RenderableType] = [
        Text.assemble("\n", (str(year.year), "bold"), f"  {status}"),
        Text(facts),
        _rules_table(year),
    ]
    if year.events:
        parts.append(_events_table(year))
    if not year.agrees:
        parts.append(
            Text(
                "These are not the events that the rules above give: the rules of the dbt project "
                "were changed, or the tables were. What is explained here is the bundled model.",
                style="red",
            )
        )
    return parts


def _rules_table(year: LifeYear) -> Table:
    table = ruled_table()
    table.add_column("rule", no_wrap=True)
    table.add_column("hazard", justify="right", no_wrap=True)
    table.add_column("drawn", justify="right", no_wrap=True)
    table.add_column("outcome", overflow="fold")
    for rule in year.rules:
        asked, *others = rule.draws
        chosen = [draw for draw in ([asked] if asked.chose else []) + others if draw.chose]
        outcome = Text(rule.why, style="green" if rule.happened else "")
        for line in filter(None, [rule.hazard and _formula(rule.hazard), *map(_chosen, chosen)]):
            outcome.append(f"\n{line}", style="dim")
        table.add_row(
            rule.rule.replace("_", " "),
            NOTHING if rule.hazard is None else f"{rule.hazard.faced:.4%}",
            f"{asked.number:.6f}",
            outcome,
        )
    return table


def _events_table(year: LifeYear) -> Table:
    table = ruled_table()
    table.add_column("day", no_wrap=True)
    table.add_column("event", no_wrap=True)
    table.add_column("pay", justify="right", no_wrap=True)
    table.add_column("level", justify="right")
    table.add_column("defers", justify="right")
    table.add_column("reason", overflow="fold")
    for event in year.events:
        table.add_row(
            str(event["effective_date"]),
            event["event_type"].replace("_", " "),
            _amount(event["compensation_after"]),
            NOTHING if event["job_level_after"] is None else str(event["job_level_after"]),
            f"{event['deferral_rate_after']:.1%}",
            event["event_reason"] or "",
        )
    return table


def _formula(hazard: Hazard) -> str:
    factors = " x ".join(
        f"{multiplier.factor.normalize():f} "
        f"({'level ' if multiplier.dimension == 'level' else ''}{multiplier.band})"
        for multiplier in hazard.multipliers
    )
    cap = f", at most {hazard.cap:.2%}" if hazard.is_capped else ""
    days = (
        ""
        if hazard.days == hazard.days_in_year
        else f", for {hazard.days} of {hazard.days_in_year} days"
    )
    return f"{hazard.base:.2%} x {factors}{cap}{days}"


def _chosen(draw: Draw) -> str:
    return f"{draw.stream.replace('_', ' ')} {draw.number:.6f}: {draw.chose}"


def _amount(value: Decimal) -> str:
    return f"{value:,.2f}"


def _in_plan(row: Any) -> str:
    return f"defers {row['deferral_rate']:.1%}" if row["is_enrolled"] else "not in the plan"


def _became(before: object, after: object) -> str:
    return "" if before == after else f" → {after}"
