"""dbt's artifacts of a run: each node once, what it came to in all periods, readable by dbt."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from dbt.artifacts.schemas.run import RunExecutionResult, RunResultsArtifact
from dbt.contracts.state import load_result_state

from shardrun.dbt_runner.artifacts import RunArtifacts
from shardrun.dbt_runner.results import ShardedNode

EVENTS = "model.shop.events"
ARGS = {"which": "compile", "vars": {"report_month": 202501}, "invocation_command": "dbt compile"}


def _node(status: str, seconds: float, rows: int | None, message: str = "") -> ShardedNode:
    return ShardedNode(
        unique_id=EVENTS,
        path=Path("models/events.sql"),
        sql="select 1",
        relation_name='"db"."main"."events"',
        status=status,
        message=message,
        thread="shard 3",
        seconds=seconds,
        rows=rows,
        shards=((0, 0.1, 1), (3, 0.2, 2)),
    )


def _written(folder: Path, *nodes: ShardedNode) -> RunResultsArtifact:
    manifest = folder / "parsed.json"
    manifest.write_text(json.dumps({"metadata": {"project_name": "shop"}, "nodes": {EVENTS: {}}}))
    artifacts = RunArtifacts()
    artifacts.add_compiled(RunExecutionResult(results=[], elapsed_time=0.0, args=ARGS))
    for node in nodes:
        artifacts.add_sharded([node], "run", folder / "target")
    artifacts.write(manifest, [folder / "target", folder / "elsewhere"], "the run", 4.5)
    read = load_result_state(folder / "elsewhere" / "run_results.json")
    assert read is not None
    return read


def test_a_node_is_there_once_with_the_time_and_rows_of_all_its_periods(tmp_path: Path) -> None:
    read = _written(tmp_path, _node("success", 1.0, 5), _node("success", 0.5, 7))
    (result,) = read.results
    assert (result.unique_id, result.status, result.thread_id) == (EVENTS, "success", "shard 3")
    assert (result.execution_time, result.adapter_response["rows_affected"]) == (1.5, 12)
    assert result.adapter_response["shards"][1] == {"shard": 3, "seconds": 0.2, "rows": 2}
    assert (read.elapsed_time, read.args["which"]) == (4.5, "run")


@pytest.mark.parametrize("others", [("success", "error"), ("error", "success"), ("skipped",)])
def test_the_worst_that_a_node_came_to_stays(tmp_path: Path, others: tuple[str, ...]) -> None:
    nodes = [_node(status, 1.0, None, f"it is {status}") for status in ("success", *others)]
    (result,) = _written(tmp_path, *nodes).results
    worst = "error" if "error" in others else "skipped"
    assert (result.status, result.message) == (worst, f"it is {worst}")


def test_the_manifest_says_what_the_node_was_compiled_to_and_both_name_the_run(
    tmp_path: Path,
) -> None:
    read = _written(tmp_path, _node("success", 1.0, 5))
    manifest = json.loads((tmp_path / "target" / "manifest.json").read_text())
    compiled = manifest["nodes"][EVENTS]
    assert compiled["compiled_code"] == "select 1"
    assert Path(compiled["compiled_path"]).read_text() == "select 1"
    assert manifest["metadata"]["project_name"] == "shop"
    assert manifest["metadata"]["invocation_id"] == read.metadata.invocation_id
    assert manifest["metadata"]["env"]["shardrun_run_id"] == "the run"


def test_a_run_of_which_no_node_ran_leaves_the_artifacts_of_the_last_one(tmp_path: Path) -> None:
    RunArtifacts().write(tmp_path / "none.json", [tmp_path / "target"], "the run", 1.0)
    assert not (tmp_path / "target").exists()
