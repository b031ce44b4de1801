"""What the analysis takes and what it answers.

Owns the records that pass between it and its callers, and how a violation reads. It must never
look at SQL.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

InputColumns = Sequence[str] | Mapping[str, str]
"""The columns of a table in their order: names alone, or names with their DuckDB types."""


@dataclass(frozen=True, slots=True)
class CompiledModel:
    """One model of the stage, as dbt compiled it.

    ``sql`` and ``other_shard_sql`` are shards 0 and 1 **of 2**: only of two shards that are
    everything can it be shown that no row is in neither of them.

    Attributes:
        name: the model's name.
        relation: its table as ``"database"."schema"."name"``; None where it is ephemeral.
        sql: compiled for shard 0 of 2.
        other_shard_sql: compiled for shard 1 of 2.
        unsharded_sql: compiled without shards, as the default path runs it.
        keeps_periods: its table holds other periods too, which a shard's does not.
        path: the model's own file.
        compiled_path: the file that holds ``sql``.
    """

    name: str
    relation: str | None
    sql: str
    other_shard_sql: str
    unsharded_sql: str
    path: Path
    compiled_path: Path
    keeps_periods: bool = False


@dataclass(frozen=True, slots=True)
class Violation:
    """One reason why the stage can't be run shard by shard.

    Attributes:
        model: the model whose SQL it is, which may be one that is inlined in another.
        path: that model's own file; None where the caller did not name it.
        compiled_path: the compiled file that ``line`` and ``column`` count in; None where the
            reason is no piece of SQL.
        line: from 1; None where the reason is no piece of SQL.
        column: in characters from 1; None where it is not known.
        reason: what is wrong, a sentence without its full stop.
        advice: what to do, a whole sentence.
    """

    model: str
    path: Path | None
    compiled_path: Path | None
    line: int | None
    column: int | None
    reason: str
    advice: str

    @property
    def place(self) -> str:
        """Return ``file:line:column``, as far as they are known."""
        parts = (self.compiled_path or self.path, self.line, self.column)
        return ":".join(str(part) for part in parts if part is not None)

    def __str__(self) -> str:
        """Return the violation as one message for a person."""
        compiled = f", compiled as {self.place}" if self.compiled_path else ""
        source = f" ({self.path}{compiled})" if self.path else f" ({self.place})"
        return f"model {self.model}{source}: {self.reason}. {self.advice}"


@dataclass(frozen=True, slots=True)
class StageVerdict:
    """What the analysis found.

    Attributes:
        violations: in the order of models and lines; none where the stage is shard-safe.
        narrowed_inputs: the inputs of which a shard needs only its own rows, sorted.
        broadcast_inputs: the inputs of which every shard needs all rows, sorted.
        common_models: the models whose table has the same rows in every shard.
    """

    violations: tuple[Violation, ...]
    narrowed_inputs: tuple[str, ...]
    broadcast_inputs: tuple[str, ...]
    common_models: frozenset[str] = frozenset()

    @property
    def is_safe(self) -> bool:
        """Return whether the stage may be run shard by shard."""
        return not self.violations
