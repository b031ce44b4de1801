"""Stages that differ by nothing but the year are judged once; any other difference is seen."""

from dataclasses import replace
from pathlib import Path

import pytest

from shardrun import cache_file
from shardrun.dbt_runner.compiled import CompiledStage, RelationName, StageNode
from shardrun.shard_safety import StageVerdict
from shardrun.sharding import safe_stages
from shardrun.sharding.judgment import JUDGED_VARIANTS
from shardrun.sharding.safe_stages import SafeStages

INPUT = RelationName("simulation", "main", "people")
COLUMNS = {INPUT: {"person": "VARCHAR", "person_key": "UBIGINT"}}
NODE = StageNode(
    unique_id="model.simulation.events",
    name="events",
    path=Path("models/events.sql"),
    relation=RelationName("simulation", "main", "events"),
    materialized="table",
)


VERDICT = StageVerdict((), ("people",), (), frozenset({"lookups"}))


@pytest.fixture(autouse=True)
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(cache_file, "user_cache_path", lambda *_, **__: tmp_path / "cache")
    return tmp_path / "cache" / "verdicts"


def stage(sql: str) -> CompiledStage:
    variants = tuple({NODE.unique_id: sql} for _ in JUDGED_VARIANTS)
    return CompiledStage((NODE,), (INPUT,), frozenset(), frozenset({NODE.unique_id}), variants)


def safe_of(year: int, sql: str) -> SafeStages:
    safe = SafeStages()
    safe.add(VERDICT, year, stage(sql), COLUMNS)
    return safe


def test_a_year_that_differs_by_the_year_alone_is_known() -> None:
    safe = safe_of(2025, "select * from people where joined < 2025 and year = 2025 - 1")
    later = stage("select * from people where joined < 2026 and year = 2026 - 1")
    assert safe.verdict(2026, later, COLUMNS) is VERDICT


@pytest.mark.parametrize(
    "later",
    [
        "select * from people where year = 2025",
        "select * from people where year = 2027",
        "select * from people where year = 2026 limit 1",
        "select * from people where year = 20260",
    ],
)
def test_a_year_whose_sql_says_anything_else_is_judged(later: str) -> None:
    assert (
        safe_of(2025, "select * from people where year = 2025").verdict(2026, stage(later), COLUMNS)
        is None
    )


@pytest.mark.parametrize("place", range(len(JUDGED_VARIANTS)))
def test_every_set_of_vars_counts(place: int) -> None:
    known = stage("select 1")
    sql = list(known.sql)
    sql[place] = {NODE.unique_id: "select random()"}
    assert safe_of(2025, "select 1").verdict(2025, replace(known, sql=tuple(sql)), COLUMNS) is None


def test_columns_materialization_and_views_count() -> None:
    safe, known = safe_of(2025, "select 1"), stage("select 1")
    assert safe.verdict(2025, known, {INPUT: {"person": "VARCHAR"}}) is None
    assert safe.verdict(2025, known, {}) is None
    hooked = replace(known, nodes=(replace(NODE, has_pre_hooks=True),))
    assert safe.verdict(2025, hooked, COLUMNS) is None
    read = replace(known, behind_views=frozenset({INPUT}))
    assert safe.verdict(2025, read, COLUMNS) is None


def test_sql_of_the_shards_themselves_does_not_count() -> None:
    known = stage("select 1")
    more = replace(known, sql=(*known.sql, {NODE.unique_id: "select 1 where person_key < 7"}))
    assert safe_of(2025, "select 1").verdict(2025, more, COLUMNS) is VERDICT


def test_a_later_run_knows_it() -> None:
    safe_of(2025, "select 1")
    assert SafeStages().verdict(2026, stage("select 1"), COLUMNS) == VERDICT
    assert SafeStages().verdict(2026, stage("select 2"), COLUMNS) is None


def test_settings_count() -> None:
    safe = SafeStages()
    safe.add(VERDICT, 2025, stage("select 1"), COLUMNS, "nocase")
    assert safe.verdict(2025, stage("select 1"), COLUMNS, "nocase") is VERDICT
    assert safe.verdict(2025, stage("select 1"), COLUMNS, "") is None


def test_what_another_shardrun_found_is_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    safe_of(2025, "select 1")
    monkeypatch.setattr(safe_stages, "code_digest", lambda *_: "changed")
    assert SafeStages().verdict(2025, stage("select 1"), COLUMNS) is None


def test_a_damaged_file_is_judged_over(kept: Path) -> None:
    safe_of(2025, "select 1")
    [file] = kept.iterdir()
    file.write_bytes(file.read_bytes()[:-1])
    assert SafeStages().verdict(2025, stage("select 1"), COLUMNS) is None


def test_where_nothing_can_be_kept_a_run_still_judges_once(kept: Path) -> None:
    kept.parent.mkdir()
    kept.write_text("in the way")
    safe = safe_of(2025, "select 1")
    assert safe.verdict(2026, stage("select 1"), COLUMNS) is VERDICT
