"""Every event of a run is one line of JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from shardrun.console.json_lines import JsonLines
from shardrun.console.progress import show_progress
from shardrun.console.terminal import Terminal
from shardrun.errors import InputError
from shardrun.pipeline.plan import Step
from shardrun.pipeline.progress import RunStarted, ShardChanged, StepFailed, UnionFinished
from shardrun.sharding.shard_results import ShardProgress, ShardResult, ShardState
from shardrun.sharding.shards import Shard
from shardrun.stages import WorkflowStage

EVENTS = WorkflowStage.EVENT_GENERATION


def _told(event: Any) -> dict[str, Any]:
    lines: list[str] = []
    JsonLines(lambda line: lines.append(json.dumps(line)))(event)
    (line,) = lines
    return dict(json.loads(line))


def test_a_run_tells_its_plan_and_what_is_done_of_it() -> None:
    plan = (Step(EVENTS, 2025, 0), Step(EVENTS, 2026, 1))
    assert _told(RunStarted("r1", plan, frozenset({(EVENTS, 2025)}))) == {
        "event": "run_started",
        "run_id": "r1",
        "steps": [
            {"stage": "event_generation", "year": 2025},
            {"stage": "event_generation", "year": 2026},
        ],
        "done": [{"stage": "event_generation", "year": 2025}],
    }


def test_a_step_and_a_union_tell_all_their_fields() -> None:
    assert _told(StepFailed(EVENTS, 2025, 1.5, 'a "quoted" reason')) == {
        "event": "step_failed",
        "stage": "event_generation",
        "year": 2025,
        "seconds": 1.5,
        "error": 'a "quoted" reason',
    }
    assert _told(UnionFinished(2025, 4, 100, 0.5))["event"] == "union_finished"


def test_a_shard_tells_its_state_and_what_came_of_it() -> None:
    shard = Shard(2025, 1, 4)
    result = ShardResult(shard, Path("x.duckdb"), "f", rows=7, columns=(("a", "INTEGER"),))
    told = _told(ShardChanged(ShardProgress(shard, ShardState.DONE, result)))
    assert (told["event"], told["state"]) == ("shard_changed", "done")
    assert told["shard"] == {"year": 2025, "index": 1, "total": 4}
    assert (told["result"]["rows"], told["result"]["file"]) == (7, "x.duckdb")


def test_stderr_carries_nothing_but_lines_of_json(capsys: pytest.CaptureFixture[str]) -> None:
    terminal = Terminal()
    terminal.logs_json = True
    with show_progress(terminal) as listener:
        listener(UnionFinished(2025, 4, 100, 0.5))
    terminal.remark(
        "a remark of more than eighty characters, which no window may break in two " * 2
    )
    terminal.refuse(InputError("no"))
    streams = capsys.readouterr()
    lines = [json.loads(line) for line in streams.err.splitlines()]
    assert [line["event"] for line in lines] == ["union_finished", "remark", "error"]
    assert all(line["time"].endswith("+00:00") for line in lines)
    assert lines[-1]["exit_code"] == 2
    assert not streams.out
