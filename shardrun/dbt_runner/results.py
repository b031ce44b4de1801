"""What came of a dbt command, as data; and the message for a person where it failed.

It must never import dbt: results of the resident dbt and of the command line look the same.
"""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

_FAILED = frozenset({"error", "fail", "runtime error"})
_SHOWN_FAILURES = 3
# The first line of dbt's messages: "Compilation Error in model m (models/m.sql)".
_FRAME = re.compile(r"^[\w ]*Error(?: in (?P<where>.+))?$")
_NOISE = re.compile(r"^\s*compiled code at .+$")


@dataclass(frozen=True, slots=True)
class NodeResult:
    """What came of one node: a model, seed, snapshot, test or hook.

    Attributes:
        unique_id: dbt's name for it.
        name: its own name.
        resource_type: `model`, `seed`, `test`, ...
        status: dbt's word: `success`, `error`, `skipped`; of tests `pass`, `warn`, `fail`.
        seconds: what it took.
        rows_affected: rows written, where the adapter says so.
        message: DuckDB's or dbt's message, without dbt's frame.
        path: the file it is written in, as the project names it.
        compiled_path: the file with the SQL that dbt made of it.
        relation_name: what it wrote, quoted for SQL; None if it writes nothing of its own.
    """

    unique_id: str
    name: str
    resource_type: str
    status: str
    seconds: float
    rows_affected: int | None
    message: str
    path: str
    compiled_path: str | None = None
    relation_name: str | None = None

    @property
    def failed(self) -> bool:
        """Whether it failed itself; one that was skipped did not."""
        return self.status in _FAILED


@dataclass(frozen=True, slots=True)
class ShardedNode:
    """What came of a model that ran in shards, as dbt's artifacts tell it.

    Attributes:
        unique_id: dbt's name for it.
        path: the file it is written in, as the project names it.
        sql: what dbt made of it, without shards.
        relation_name: what it writes, quoted for SQL.
        status: `success`, `error` or `skipped`.
        message: what there is to say of it.
        thread: where it ran longest, or failed.
        seconds: of all shards together.
        rows: of all shards together; None where it writes none.
        started_at: when the first shard began it, in UTC without saying so; None if none ended it.
        ended_at: when the last one was done with it.
        shards: of each shard, its place, seconds and rows.
    """

    unique_id: str
    path: Path
    sql: str
    relation_name: str
    status: str
    message: str
    thread: str
    seconds: float
    rows: int | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    shards: tuple[tuple[int, float, int | None], ...] = ()


@dataclass(frozen=True, slots=True)
class DbtCommandResult:
    """What came of one dbt command.

    Attributes:
        command: the command and its own options.
        success: whether every node succeeded.
        seconds: what it took.
        nodes: what came of each node, in the order in which they ended.
        log_path: dbt's log of it.
    """

    command: tuple[str, ...]
    success: bool
    seconds: float
    nodes: tuple[NodeResult, ...]
    log_path: Path

    @property
    def failures(self) -> tuple[NodeResult, ...]:
        """The nodes that failed themselves, not those skipped because of them."""
        return tuple(node for node in self.nodes if node.failed)


def failure_message(result: DbtCommandResult, stage: str, year: int) -> str:
    """Return one message for a command that failed: stage, year, what failed where, and why.

    Args:
        result: the command.
        stage: the stage's name.
        year: the simulated year.
    """
    failures = result.failures
    skipped = sum(node.status == "skipped" for node in result.nodes)
    count = f"{len(failures)} of {len(result.nodes)} nodes failed"
    lines = [f"{stage.upper()} of {year}: {count}" + (f", {skipped} skipped." if skipped else ".")]
    for node in failures[:_SHOWN_FAILURES]:
        lines.append(f"{node.resource_type} {node.name} ({node.path}): {_advised(node.message)}")
        if node.compiled_path:
            lines.append(f"its SQL: {node.compiled_path}")
    if len(failures) > _SHOWN_FAILURES:
        lines.append(f"and {len(failures) - _SHOWN_FAILURES} more")
    return "\n".join([*lines, f"dbt's log: {result.log_path}"])


def _advised(message: str) -> str:
    """Return a message with advice that can be followed; DuckDB's own is of settings of ours."""
    wrong, solutions, _ = message.partition("\n\nPossible solutions:")
    if solutions and wrong.startswith("Out of Memory Error"):
        return f"{wrong}\nGive more with --memory-limit; event generation takes less with --shards."
    return message


def clean_message(message: str | None) -> str:
    """Return a message of dbt without the frame that dbt puts around it."""
    return _unframed(message)[1]


def located_message(message: str | None) -> str:
    """Return a message of dbt without its frame, headed by the node and file that it names."""
    where, text = _unframed(message)
    return f"{where}: {text}" if where else text


def _unframed(message: str | None) -> tuple[str | None, str]:
    lines = (message or "").strip().splitlines()
    frame = _FRAME.match(lines[0].strip()) if len(lines) > 1 else None
    kept = [line for line in lines[1 if frame else 0 :] if not _NOISE.match(line)]
    text = textwrap.dedent("\n".join(kept)).strip()
    return (frame["where"] if frame else None), text
