"""The bundled project's own event SQL is found safe, and a rank slipped into it is found out."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain
from pathlib import Path

import pytest

from shardrun.shard_safety import CompiledModel, StageVerdict, analyze_stage
from tests.support.workforce import Workforce, write_census

pytestmark = pytest.mark.integration

YEAR = 2026
CANONICAL = "fct_yearly_events"
RELATION = f'"simulation"."main"."{CANONICAL}"'
MODELS = Path("compiled/workforce/models/events")


@pytest.fixture(scope="module")
def workforce(tmp_path_factory: pytest.TempPathFactory) -> Workforce:
    """A database as it is when the events of its second year are due."""
    workforce = Workforce(tmp_path_factory.mktemp("workforce"))
    write_census(workforce.census, 200, YEAR - 1)
    select = ("--select", "tag:INITIALIZATION", "--indirect-selection", "empty")
    workforce.must("build", *select, start_year=YEAR - 1)
    stages = ("tag:FOUNDATION", "tag:EVENT_GENERATION", "tag:STATE_ACCUMULATION")
    workforce.must("run", "--select", *stages, simulation_year=YEAR - 1)
    workforce.must("run", "--select", "tag:FOUNDATION", simulation_year=YEAR)
    return workforce


def compiled(workforce: Workforce, shard: int, shards: int) -> dict[str, str]:
    """Return the event models' SQL by name, for one shard."""
    select = ("--select", "tag:EVENT_GENERATION")
    workforce.must("compile", *select, simulation_year=YEAR, shard_id=shard, total_shards=shards)
    return {path.stem: path.read_text() for path in (workforce.target / MODELS).glob("*.sql")}


@pytest.fixture(scope="module")
def models(workforce: Workforce) -> tuple[CompiledModel, ...]:
    first, second, unsharded = (compiled(workforce, *which) for which in ((0, 2), (1, 2), (0, 1)))
    return tuple(
        CompiledModel(
            name=name,
            relation=RELATION if name == CANONICAL else None,
            sql=first[name],
            other_shard_sql=second[name],
            unsharded_sql=unsharded[name],
            path=Path(f"models/events/{name}.sql"),
            compiled_path=MODELS / f"{name}.sql",
        )
        for name in first
    )


def verdict_on(workforce: Workforce, models: tuple[CompiledModel, ...]) -> StageVerdict:
    inputs: dict[str, dict[str, str]] = {}
    for table, column, type_name in workforce.query(
        "select table_name, column_name, data_type from duckdb_columns() "
        "where schema_name = 'main' and not internal order by table_name, column_index"
    ):
        if table != CANONICAL:
            inputs.setdefault(f'"simulation"."main"."{table}"', {})[column] = type_name
    keys = ("employee_id", "employee_key")
    return analyze_stage(models, inputs=inputs, keys=keys, canonical=CANONICAL)


def test_the_bundled_events_are_safe_and_their_inputs_told_apart(
    workforce: Workforce, models: tuple[CompiledModel, ...]
) -> None:
    verdict = verdict_on(workforce, models)
    assert [str(violation) for violation in verdict.violations] == []
    narrowed = [name.split('"')[5] for name in verdict.narrowed_inputs]
    assert narrowed == [
        *("fct_workforce_snapshot", "int_hires", "int_layoffs", "int_opening_terminations"),
        "stg_census",
    ]
    assert '"simulation"."main"."int_year_parameters"' in verdict.broadcast_inputs


def test_the_bundled_events_in_shards_are_the_events(
    workforce: Workforce, models: tuple[CompiledModel, ...]
) -> None:
    (events,) = (model for model in models if model.name == CANONICAL)
    shards = (events.sql, events.other_shard_sql)
    parts = [workforce.query(sql) for sql in shards]
    assert all(parts)
    assert list(chain.from_iterable(parts)) == workforce.query(events.unsharded_sql)


def test_a_rank_slipped_into_a_rule_is_found_in_that_rule(
    workforce: Workforce, models: tuple[CompiledModel, ...]
) -> None:
    def ranked(sql: str) -> str:
        place = "    rank() over (order by employees.employee_key) as place,\n"
        return sql.replace(
            "    ratings.performance_rating,\n", f"    ratings.performance_rating,\n{place}"
        )

    changed = tuple(
        replace(
            model,
            sql=ranked(model.sql),
            other_shard_sql=ranked(model.other_shard_sql),
            unsharded_sql=ranked(model.unsharded_sql),
        )
        for model in models
    )
    (violation,) = verdict_on(workforce, changed).violations
    assert violation.path == Path("models/events/int_raises.sql")
    (raises,) = (model for model in changed if model.name == "int_raises")
    assert "rank() over" in raises.sql.splitlines()[(violation.line or 0) - 1]
    assert "rank() over a window without employee_id or employee_key" in violation.reason
