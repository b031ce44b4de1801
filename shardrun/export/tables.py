"""Canonical tables carried out of a database, into a folder of files that others can read.

A folder is written under a temporary name beside its own and renamed when it is whole: it is there
or it is not. Rows are ordered by the table's key, and nothing in a file knows of a clock: databases
with one digest give folders of one content.
"""

from __future__ import annotations

import json
import secrets
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import quote

import duckdb

from shardrun.database.connection import ALIAS, open_database
from shardrun.database.digest import (
    DatabaseDigest,
    TableDigest,
    canonical_relation,
    canonical_tables,
    digest_relation,
)
from shardrun.database.ownership import check_ownership
from shardrun.database.row_keys import find_key
from shardrun.errors import ExportError, InputError
from shardrun.export.formats import ExportFormat, check_size, write_file
from shardrun.ledger.reader import read_ledger
from shardrun.sql import quote_identifier

CONTENTS = "export.json"
"""What a folder that an export made holds beside the files: their list."""

ROWS_OF_A_LARGE_TABLE = 100_000
"""From here on, a table with periods is a folder with a file a period."""


@dataclass(frozen=True, slots=True)
class ExportedFile:
    """One file; its path is that in the folder."""

    path: str
    rows: int


@dataclass(frozen=True, slots=True)
class ExportedTable:
    """One table in its files.

    Attributes:
        table: its name.
        rows: how many it has.
        digest: as `shardrun digest` has it.
        order: the columns that its rows are ordered by.
        files: one, or one a period.
    """

    table: str
    rows: int
    digest: str
    order: tuple[str, ...]
    files: tuple[ExportedFile, ...]


@dataclass(frozen=True, slots=True)
class Export:
    """A folder of files.

    Attributes:
        folder: where.
        file_format: what the files are.
        tables: what is in them.
    """

    folder: Path
    file_format: ExportFormat
    tables: tuple[ExportedTable, ...]

    def contents(self) -> dict[str, object]:
        """Return what `export.json` says."""
        tables = tuple(TableDigest(table.table, table.rows, table.digest) for table in self.tables)
        return {
            "format": self.file_format.value,
            "digest": DatabaseDigest(tables).digest,
            "tables": [asdict(table) for table in self.tables],
        }


def export_database(
    database: Path,
    folder: Path,
    file_format: ExportFormat,
    *,
    tables: Sequence[str] = (),
    overwrite: bool = False,
    tell: Callable[[ExportedFile], None] = lambda file: None,
) -> Export:
    """Write the canonical tables of a database of ours into a folder.

    Args:
        database: opened READ_ONLY.
        folder: made; may be there if it is empty.
        file_format: of the files.
        tables: which ones; none given means all.
        overwrite: whether the folder of an earlier export may be replaced; never another one.
        tell: is told of each file before it is written.

    Raises:
        InputError: the folder holds something, or there is no such table, or it is too large.
        ExportError: the files can't be written; the folder is as before.
        DatabaseError: the database can't be opened, or is none of ours.
        DatabaseInUseError: another process is writing to it.
    """
    check_ownership(database)
    folder = folder.resolve()
    _check_folder(folder, overwrite=overwrite)
    with open_database(database) as connection:
        chosen = _choose(canonical_tables(connection, ALIAS), tables, database)
        period_column = read_ledger(connection, ALIAS).period_names.column
        plans = [_plan(connection, table, file_format, period_column) for table in chosen]
        try:
            with _whole(folder) as partial:
                for plan in plans:
                    for file in plan.files:
                        tell(file)
                        _write(connection, plan, file, partial, file_format, period_column)
                export = Export(folder, file_format, tuple(plans))
                text = json.dumps(export.contents(), indent=2, ensure_ascii=False)
                (partial / CONTENTS).write_text(text + "\n", encoding="utf-8")
        except (OSError, duckdb.IOException) as error:
            raise ExportError(
                f"the export to {folder} failed, nothing is left of it: {error}"
            ) from error
    return export


def _check_folder(folder: Path, *, overwrite: bool) -> None:
    """Refuse a folder that holds anything but an export that may be replaced."""
    if not folder.parent.is_dir():
        raise InputError(f"-o: the folder {folder.parent} does not exist.")
    if not folder.exists():
        return
    if not folder.is_dir():
        raise InputError(f"-o: {folder} is a file; name a folder, it is made.")
    there = {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_symlink() or not path.is_dir()
    }
    if not there:
        return
    strange = sorted(there - _exported(folder))
    if strange:
        raise InputError(
            f"-o: {folder} holds what no export wrote ({', '.join(strange[:3])}"
            f"{' and more' if len(strange) > 3 else ''}), so it is left alone. Name another folder."
        )
    if not overwrite:
        raise InputError(f"-o: {folder} holds an earlier export; --overwrite replaces it.")


def _exported(folder: Path) -> set[str]:
    """Return the files that the export in a folder consists of, by what it says itself."""
    try:
        contents = json.loads((folder / CONTENTS).read_text(encoding="utf-8"))
        files = [file["path"] for table in contents["tables"] for file in table["files"]]
    except (OSError, ValueError, KeyError, TypeError):
        return set()
    return {CONTENTS, *files}


@contextmanager
def _whole(folder: Path) -> Iterator[Path]:
    """Hand out a folder that gets its name when the block is done, and is removed if it fails."""
    partial, old = (
        folder.with_name(f".{folder.name}.{secrets.token_hex(4)}.{state}")
        for state in ("partial", "old")
    )
    partial.mkdir()
    try:
        yield partial
        if folder.exists():
            folder.replace(old)
        partial.replace(folder)
    finally:
        if old.exists() and not folder.exists():
            old.replace(folder)
        for left in (partial, old):
            shutil.rmtree(left, ignore_errors=True)


def _choose(there: Sequence[str], wanted: Sequence[str], database: Path) -> list[str]:
    for table in wanted:
        if table not in there:
            raise InputError(f"--table: {database} has no table {table}: {', '.join(there)}")
    return [table for table in there if not wanted or table in wanted]


def _plan(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    file_format: ExportFormat,
    period_column: str,
) -> ExportedTable:
    """Lay out the files of a table, and its order."""
    relation = canonical_relation(ALIAS, table)
    columns = [str(name) for name, *_ in connection.execute(f"describe from {relation}").fetchall()]
    rows, digest = digest_relation(connection, relation)
    name = quote(table, safe="")
    files = [ExportedFile(f"{name}.{file_format}", rows)]
    if period_column in columns and rows >= ROWS_OF_A_LARGE_TABLE:
        counts = connection.execute(
            f"select {quote_identifier(period_column)}, count(*) from {relation} "
            "group by all order by all"
        ).fetchall()
        if all(period is not None for period, _ in counts):
            files = [
                ExportedFile(f"{name}/{period}.{file_format}", count) for period, count in counts
            ]
    check_size(table, max(file.rows for file in files), file_format)
    key = find_key(connection, [relation], columns, period_column)
    return ExportedTable(table, rows, digest, tuple(columns if key is None else key), tuple(files))


def _write(
    connection: duckdb.DuckDBPyConnection,
    table: ExportedTable,
    file: ExportedFile,
    folder: Path,
    file_format: ExportFormat,
    period_column: str,
) -> None:
    relation = canonical_relation(ALIAS, table.table)
    path = folder / file.path
    path.parent.mkdir(exist_ok=True)
    of_period = f" where {quote_identifier(period_column)} = {path.stem}"
    where = of_period if path.parent != folder else ""
    order = ", ".join(f"{quote_identifier(name)} nulls last" for name in table.order)
    ordered = f" order by {order}" if order else ""
    write_file(connection, f"select * from {relation}{where}{ordered}", path, file_format)
