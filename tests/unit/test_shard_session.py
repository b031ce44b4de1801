"""What a shard shares of dbt's session: settings, and other databases it reads."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from shardrun.dbt_runner.compiled import CompiledStage, RelationName
from shardrun.errors import InputError
from shardrun.shard_session import read_session

RATES = RelationName("rates", "main", "exchange")


def _reading(*inputs: RelationName) -> CompiledStage:
    return CompiledStage((), inputs, frozenset(), frozenset(), ())


def test_a_stage_takes_along_the_files_that_it_reads_and_no_other(tmp_path: Path) -> None:
    with duckdb.connect() as connection:
        for name in ("rates", "unused"):
            connection.execute(f"attach '{tmp_path / name}.duckdb' as {name}")
        session = read_session(connection, _reading(RATES))
    assert session.attached == (("rates", str(tmp_path / "rates.duckdb")),)


def test_settings_that_decide_meaning_come_along() -> None:
    with duckdb.connect() as connection:
        connection.execute("set default_null_order = 'nulls_first'; set timezone = 'UTC'")
        settings = dict(read_session(connection, _reading()).settings)
    assert settings["default_null_order"].lower() == "nulls_first"
    assert settings["TimeZone"] == "UTC"


def test_a_database_that_is_no_file_is_refused_before_any_shard() -> None:
    with duckdb.connect() as connection:
        connection.execute("attach ':memory:' as rates")
        with pytest.raises(InputError, match="reads from rates, which is no DuckDB file"):
            read_session(connection, _reading(RATES))
