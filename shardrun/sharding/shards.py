"""Shards as pure data: what one is, and what a worker is asked to do.

Everything here crosses process boundaries: frozen, picklable, without open resources. It must
never touch a file or a database.
"""

from __future__ import annotations

import hashlib
import json
import shlex
from collections.abc import Mapping
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Literal, NamedTuple

from shardrun.config.location import ConfigLocation


class Relation(NamedTuple):
    """A table or view of the project, by schema and identifier; the catalog is the task's."""

    schema: str
    identifier: str


@dataclass(frozen=True, slots=True)
class Shard:
    """One part of a year's events.

    Attributes:
        year: the simulated year.
        index: which part, 0 to ``total - 1``; higher parts hold higher shard keys.
        total: how many parts the year has.
    """

    year: int
    index: int
    total: int

    def __post_init__(self) -> None:
        """Refuse a part that the year does not have."""
        if not 0 <= self.index < self.total:
            raise ValueError(f"there is no shard {self.index} of {self.total}")

    @property
    def name(self) -> str:
        """What its file is called, and what people call it."""
        return f"events_y{self.year}_shard{self.index}"

    @property
    def variables(self) -> Mapping[str, int]:
        """The vars that dbt compiles its SQL with, as the macro ``shard_filter`` reads them."""
        return {"shard_id": self.index, "total_shards": self.total}

    def condition(self, key: str) -> str:
        """Return the SQL condition of the macro ``shard_filter``: the shard's range of keys.

        Args:
            key: a SQL expression of type UBIGINT.
        """
        if self.total == 1:
            return "true"
        first, following = (-(-edge * 2**32 // self.total) for edge in (self.index, self.index + 1))
        above = f"{key} >= {first * 2**32}::ubigint"
        return (
            above
            if self.index + 1 == self.total
            else (f"{above} and {key} < {following * 2**32}::ubigint")
        )


@dataclass(frozen=True, slots=True)
class ShardInput:
    """A relation of the main file that the event SQL reads.

    Attributes:
        relation: which.
        predicate: a SQL condition that keeps the rows this shard reads; ``None`` means all rows.
    """

    relation: Relation
    predicate: str | None = None


@dataclass(frozen=True, slots=True)
class ShardModel:
    """An event model, compiled for one shard.

    Attributes:
        name: the model's name in the project.
        relation: where it is built.
        materialization: as what.
        sql: its SELECT statement, names qualified with the task's catalog.
        sql_path: where that SQL can be read; the worker writes it there if the model fails.
    """

    name: str
    relation: Relation
    materialization: Literal["table", "view"]
    sql: str
    sql_path: Path


@dataclass(frozen=True, slots=True)
class ShardTask:
    """All that a worker needs to make one shard file.

    Attributes:
        shard: which shard.
        origin: names the run and the state of the main file that the inputs are read from. It
            enters the fingerprint; nobody else can tell whether inputs are still the same.
        database: the main database file; it is opened READ_ONLY.
        catalog: the catalog name in the compiled SQL.
        inputs: what the SQL reads from the main file, in dependency order; where one is a view,
            also what that view reads.
        models: in dependency order.
        canonical: the relation, made by one of the models as a table, that the union takes.
        folder: where the shard file is made.
        threads: DuckDB threads.
        memory_mb: DuckDB's memory limit, in megabytes (10^6 bytes).
        location: of the configuration, for the command that runs the shard alone.
        settings: of DuckDB, by name, that decide what the SQL means.
        attached: other DuckDB files that the SQL reads, by the name it has for each.
        with_inputs: whether the file is to hold the input rows it was made from.
        attempt: tells the workspaces of attempts apart that may go on at one time.
    """

    shard: Shard
    origin: str
    database: Path
    catalog: str
    inputs: tuple[ShardInput, ...]
    models: tuple[ShardModel, ...]
    canonical: Relation
    folder: Path
    threads: int
    memory_mb: int
    location: ConfigLocation
    settings: tuple[tuple[str, str], ...] = ()
    attached: tuple[tuple[str, str], ...] = ()
    with_inputs: bool = False
    attempt: str = ""

    @property
    def file(self) -> Path:
        """The shard file, there only when complete and verified."""
        return self.folder / f"{self.shard.name}.duckdb"

    @property
    def workspace(self) -> Path:
        """The directory of the unfinished shard file and of what DuckDB spills beside it."""
        return self.folder / f"{self.shard.name}.partial{self.attempt}"

    @property
    def fingerprint(self) -> str:
        """Digest of all that decides the file's content: 32 hexadecimal digits.

        A leftover of another run, year, shard count or SQL is thus never taken for this shard.
        """
        models = [(model.relation, model.materialization, model.sql) for model in self.models]
        content = [
            self.origin,
            astuple(self.shard),
            self.catalog,
            [astuple(source) for source in self.inputs],
            models,
            self.canonical,
            self.settings,
            self.attached,
            self.with_inputs,
        ]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:32]

    @property
    def reproduce(self) -> str:
        """The command that runs this shard alone."""
        shard = self.shard
        return self.location.command(
            f"shardrun shard {shard.index} --of {shard.total} --year {shard.year} "
            f"--database {shlex.quote(str(self.database))}"
        )
