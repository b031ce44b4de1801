"""Promises about what is said of a dbt command that failed."""

from pathlib import Path

import duckdb
import pytest

from shardrun.dbt_runner import DbtCommandResult, NodeResult, failure_message


def message_of(error: str) -> str:
    node = NodeResult(
        unique_id="model.p.wide",
        name="wide",
        resource_type="model",
        status="error",
        seconds=1.0,
        rows_affected=None,
        message=error,
        path="models/wide.sql",
        compiled_path=None,
        relation_name=None,
    )
    result = DbtCommandResult(("run",), False, 1.0, (node,), Path("dbt.log"))
    return failure_message(result, "foundation", 2027)


def test_a_model_that_runs_out_of_memory_gets_advice_that_can_be_followed(tmp_path: Path) -> None:
    settings = {"memory_limit": "16MB", "temp_directory": str(tmp_path)}
    with (
        duckdb.connect(config=settings) as connection,
        pytest.raises(duckdb.OutOfMemoryException) as caught,
    ):
        connection.execute("select list(range) from range(10_000_000)")
    assert "SET memory_limit" in str(caught.value)
    message = message_of(f"Out of Memory Error: {str(caught.value).partition(': ')[2]}")
    assert "--memory-limit" in message
    assert "SET " not in message
    assert "duckdb.org" not in message


def test_another_message_is_told_whole() -> None:
    error = "Binder Error: no such thing\n\nPossible solutions:\n* write another"
    assert error in message_of(error)
