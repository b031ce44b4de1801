"""dbt's artifacts of a whole run: `manifest.json`, and one `run_results.json` for all its commands.

Owns how the results of many commands become those of one. dbt itself would write both after every
command, the last one over all before it. To describe a manifest takes dbt 0.3 s on the bundled
project, so what it wrote as it parsed is taken, and what was compiled since is put in: 0.1 s a run.
It must never run a command.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from dbt.artifacts.schemas.results import RunStatus, TimingInfo
from dbt.artifacts.schemas.run import RunExecutionResult, RunResultsArtifact
from dbt.artifacts.schemas.run.v5.run import RunResultOutput, process_run_result
from dbt_common.utils.encoding import JSONEncoder

from shardrun.dbt_runner.results import ShardedNode
from shardrun.whole_file import replaced_when_whole

MANIFEST = "manifest.json"
RUN_RESULTS = "run_results.json"
_OF_THE_RUN = ("env", "generated_at", "invocation_id", "invocation_started_at")
_COMPILED = ("compiled", "compiled_code", "compiled_path")
_FROM_GOOD_TO_BAD = (
    *("no-op", "success", "pass", "warn", "skipped"),
    *("partial success", "fail", "error", "runtime error"),
)


class RunArtifacts:
    """Collects what the commands of a run came to, each node once."""

    def __init__(self) -> None:
        """Know of nothing yet."""
        self._results: dict[str, RunResultOutput] = {}
        self._compiled: dict[str, dict[str, Any]] = {}
        self._args: dict[str, Any] = {}

    def add(self, result: RunExecutionResult) -> None:
        """Take in what a command came to."""
        self.add_compiled(result)
        for each in result.results:
            self._merge(process_run_result(each))

    def add_compiled(self, result: RunExecutionResult) -> None:
        """Take in what a command compiled, but not that it ran."""
        self._args = result.args
        for each in result.results:
            node = each.node
            if getattr(node, "compiled", False):
                self._compiled[node.unique_id] = {key: getattr(node, key) for key in _COMPILED}

    def add_sharded(self, nodes: Iterable[ShardedNode], command: str, target_dir: Path) -> None:
        """Take in what models came to that ran in shards.

        Args:
            nodes: one a model, compiled by the last command.
            command: the dbt command that they ran in place of.
            target_dir: where dbt leaves compiled SQL; theirs goes there too.
        """
        self._args = {**self._args, "which": command}
        for node in nodes:
            _, package, _ = node.unique_id.split(".", 2)
            compiled_path = target_dir / "compiled" / package / node.path
            compiled_path.parent.mkdir(parents=True, exist_ok=True)
            _write(compiled_path, node.sql)
            values = (True, node.sql, str(compiled_path))
            self._compiled[node.unique_id] = dict(zip(_COMPILED, values, strict=True))
            self._merge(_sharded_result(node))

    def write(self, manifest: Path, folders: Sequence[Path], run_id: str, seconds: float) -> None:
        """Write both files, whole or not at all; nothing where no node ran.

        Args:
            manifest: what dbt wrote as it parsed.
            folders: where they go; made where they are missing.
            run_id: of the ledger.
            seconds: what the run took.

        Raises:
            OSError: a folder can't be written to.
        """
        if not self._results:
            return
        described = json.loads(manifest.read_text(encoding="utf-8"))
        artifact = RunResultsArtifact.from_execution_results(
            results=[], elapsed_time=seconds, generated_at=_now(), args=self._args
        )
        artifact.metadata = replace(
            artifact.metadata,
            invocation_id=str(uuid4()),
            env={**artifact.metadata.env, "shardrun_run_id": run_id},
        )
        artifact.results = list(self._results.values())
        results = artifact.to_dict(omit_none=False)
        described["metadata"] |= {key: results["metadata"][key] for key in _OF_THE_RUN}
        for name, compiled in self._compiled.items():
            if name in described["nodes"]:
                described["nodes"][name] |= compiled
        texts = {RUN_RESULTS: _text(results), MANIFEST: _text(described)}
        for folder in folders:
            folder.mkdir(parents=True, exist_ok=True)
            for name, text in texts.items():
                _write(folder / name, text)

    def _merge(self, later: RunResultOutput) -> None:
        """Take in a result; of a node that ran before, time and rows add up, and the worst stays.

        So does dbt itself with the batches of a microbatch model.
        """
        earlier = self._results.pop(later.unique_id, None)
        if earlier is not None:
            worst = max(earlier, later, key=lambda each: (_badness(each), each is later))
            rows = [each.adapter_response.get("rows_affected") for each in (earlier, later)]
            counted = [count for count in rows if isinstance(count, int)]
            summed = {"rows_affected": sum(counted)} if counted else {}
            later = replace(
                later,
                status=worst.status,
                message=worst.message,
                failures=worst.failures,
                execution_time=earlier.execution_time + later.execution_time,
                adapter_response={**later.adapter_response, **summed},
            )
        self._results[later.unique_id] = later


def _badness(result: RunResultOutput) -> int:
    return _FROM_GOOD_TO_BAD.index(str(result.status))


def _sharded_result(node: ShardedNode) -> RunResultOutput:
    timing = [TimingInfo("execute", node.started_at, node.ended_at)] if node.started_at else []
    rows = {} if node.rows is None else {"rows_affected": node.rows}
    shards = [
        {"shard": place, "seconds": seconds, "rows": count} for place, seconds, count in node.shards
    ]
    return RunResultOutput(
        unique_id=node.unique_id,
        status=RunStatus(node.status),
        timing=timing,
        thread_id=node.thread,
        execution_time=node.seconds,
        adapter_response={"_message": node.message, **rows, "shards": shards},
        message=node.message,
        failures=None,
        compiled=True,
        compiled_code=node.sql,
        relation_name=node.relation_name,
    )


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)  # as dbt writes it


def _text(content: Mapping[str, Any]) -> str:
    return json.dumps(content, cls=JSONEncoder)


def _write(file: Path, text: str) -> None:
    with replaced_when_whole(file) as partial:
        partial.touch(0o600, exist_ok=False)
        partial.write_text(text, encoding="utf-8")
