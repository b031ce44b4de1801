"""What a shard shares of dbt's session: settings, and other databases it reads."""

from __future__ import annotations

from pathlib import Path

import duckdb

from shardrun.dbt_runner.compiled import CompiledStage, RelationName, StageNode
from shardrun.sharding.shard_session import read_session

RATES = RelationName("rates", "main", "exchange")


EVENTS = StageNode(
    unique_id="model.events",
    name="events",
    path=Path("models/events.sql"),
    relation=RelationName("memory", "main", "events"),
    materialized="table",
)


def _reading(*inputs: RelationName) -> CompiledStage:
    return CompiledStage((EVENTS,), inputs, frozenset(), frozenset(), ())


def test_a_stage_takes_along_the_files_that_it_reads_and_no_other(tmp_path: Path) -> None:
    with duckdb.connect() as connection:
        for name in ("rates", "unused"):
            connection.execute(f"attach '{tmp_path / name}.duckdb' as {name}")
        session = read_session(connection, _reading(RATES))
    assert session.attached == (("rates", str(tmp_path / "rates.duckdb")),)


def test_settings_that_decide_meaning_come_along() -> None:
    with duckdb.connect() as connection:
        connection.execute("set default_null_order = 'nulls_first'; set timezone = 'UTC'")
        connection.execute("set default_collation = 'nocase'")
        session = read_session(connection, _reading())
        settings = dict(session.settings)
    assert settings["default_null_order"].lower() == "nulls_first"
    assert settings["TimeZone"] == "UTC"
    assert session.collation.lower() == "nocase"


def test_what_other_processes_can_not_read_is_known_before_any_shard(tmp_path: Path) -> None:
    (tmp_path / "rates.csv").write_text("currency,rate\nCHF,0.94\n")
    names = [RelationName("memory", "main", name) for name in ("raw", "staged", "plain", "table")]
    raw, staged, *_ = names
    with duckdb.connect() as connection:
        connection.execute("attach ':memory:' as rates")
        connection.execute('create table "table" (currency varchar)')
        connection.execute(f"create view raw as from read_csv('{tmp_path}/rates.csv')")
        connection.execute('create view staged(a) as select currency as "as" from main.raw')
        connection.execute('create view plain as select * from "table"')
        session = read_session(connection, _reading(RATES, *names))
    assert session.unreadable == {
        RATES: "which is in rates, a database in memory",
        **dict.fromkeys((raw, staged), "a view over read_csv()"),
    }
