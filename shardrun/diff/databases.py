"""Where two databases part: the first period, stage, table, column and row, and what is behind it.

Compares canonical tables (the schema main) and ledgers. It opens both READ_ONLY, and knows nothing
of what the tables are about.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from shardrun.config.periods import PeriodNames
from shardrun.database.digest import canonical_relation, canonical_tables, digest_relation
from shardrun.diff.origins import OriginDifference, compare_origins
from shardrun.diff.pair import FIRST, SECOND, open_pair
from shardrun.diff.tables import RowDifference, RowsDiff, compare_rows, read_columns
from shardrun.ledger.records import LedgerContents
from shardrun.ledger.written_tables import WrittenTable, read_written_tables
from shardrun.stages import WorkflowStage

_NO_ROWS = RowsDiff(0, 0, 0, {}, None)


@dataclass(frozen=True, slots=True)
class TableDiff:
    """One canonical table in which two databases differ.

    Attributes:
        table: its name.
        stage: which stage writes it; None where the ledgers do not say.
        in_a: whether the first database has it.
        in_b: whether the second one has it.
        columns_in_a: types, by name, of columns that are not the same in the second.
        columns_in_b: of columns that are not the same in the first.
        rows: how the rows differ, in the columns that both have.
    """

    table: str
    stage: WorkflowStage | None
    in_a: bool
    in_b: bool
    columns_in_a: Mapping[str, str]
    columns_in_b: Mapping[str, str]
    rows: RowsDiff

    @property
    def first(self) -> RowDifference | None:
        """The first row that differs, where it is a row that does."""
        return self.rows.first

    @property
    def reordered(self) -> bool:
        """Whether nothing differs but the order of the columns."""
        return self.in_a and self.in_b and not self.columns_in_a and self.first is None


@dataclass(frozen=True, slots=True)
class DatabaseDiff:
    """How two databases differ.

    Attributes:
        a: the first.
        b: the second.
        origins: what differs in what they were made from.
        tables: those that differ, in the order in which a run first wrote what differs in them.
        equal_tables: how many tables are the same in both.
        period_names: what the first calls its periods.
    """

    a: Path
    b: Path
    origins: tuple[OriginDifference, ...]
    tables: tuple[TableDiff, ...]
    equal_tables: int
    period_names: PeriodNames

    @property
    def equal(self) -> bool:
        """Whether all canonical tables are the same."""
        return not self.tables

    @property
    def explained(self) -> bool:
        """Whether something differs behind the databases by which their rows may differ."""
        return any(origin.kind.decides for origin in self.origins)


def compare_databases(a: Path, b: Path) -> DatabaseDiff:
    """Find where two databases of ours part.

    Raises:
        InputError: both are one file.
        DatabaseError: one can't be opened, or is none of ours.
        DatabaseInUseError: another process is writing to one.
    """
    with open_pair(a, b) as pair:
        connection = pair.connection
        written = {
            **read_written_tables(connection, SECOND),
            **read_written_tables(connection, FIRST),
        }
        names = canonical_tables(connection, FIRST), canonical_tables(connection, SECOND)
        either = sorted({*names[0], *names[1]})
        called = pair.first.period_names
        found = (_compare_table(connection, name, names, written, called.column) for name in either)
        differing = [diff for diff in found if diff]
    return DatabaseDiff(
        a=a,
        b=b,
        origins=compare_origins(pair.first, pair.second),
        tables=tuple(sorted(differing, key=lambda diff: _when(diff, written, pair.first))),
        equal_tables=len(either) - len(differing),
        period_names=called,
    )


def _compare_table(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    names: tuple[Collection[str], Collection[str]],
    written: Mapping[str, WrittenTable],
    period_column: str,
) -> TableDiff | None:
    """Compare one table; None where it is the same in both."""
    stage = written[name].stage if name in written else None
    in_a, in_b = (name in side for side in names)
    if not (in_a and in_b):
        return TableDiff(name, stage, in_a, in_b, {}, {}, _NO_ROWS)
    relations = [canonical_relation(catalog, name) for catalog in (FIRST, SECOND)]
    if len({digest_relation(connection, relation) for relation in relations}) == 1:
        return None
    columns_a, columns_b = (read_columns(connection, relation) for relation in relations)
    return TableDiff(
        table=name,
        stage=stage,
        in_a=True,
        in_b=True,
        columns_in_a={
            name: kind for name, kind in columns_a.items() if columns_b.get(name) != kind
        },
        columns_in_b={
            name: kind for name, kind in columns_b.items() if columns_a.get(name) != kind
        },
        rows=compare_rows(connection, relations[0], relations[1], period_column),
    )


def _when(
    diff: TableDiff, written: Mapping[str, WrittenTable], ledger: LedgerContents
) -> tuple[bool, int, int, int, str]:
    """Return when in a run the difference came about, for sorting.

    What is made of all periods at the end comes after everything, whatever period its rows say; a
    table without periods, such as a seed, before everything.
    """
    stages = list(WorkflowStage)
    config = ledger.runs[-1].fingerprints.config
    known = written.get(diff.table)
    period = diff.first.period if diff.first else None
    return (
        known is not None and config.get(f"workflow.stages.{known.stage}.when") == "end",
        -1 if period is None else period,
        stages.index(known.stage) if known else len(stages),
        known.place if known else 0,
        diff.table,
    )
