"""Writing a census file whole or not at all.

It owns the temporary name beside the target and the rename, and how a written file is read
back. It must never judge what a census holds.
"""

from __future__ import annotations

import glob
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from shardrun.errors import InputError
from shardrun.sql import quote_literal
from shardrun.whole_file import replaced_when_whole
from shardrun.workforce.census_schema import CENSUS_COLUMNS

_COPY_OPTIONS = {
    ".parquet": "format parquet, compression zstd",
    ".csv": "format csv, header true",
}


def copy_statement(query: str, path: Path, suffix: str) -> str:
    """Return the COPY statement that writes ``query`` to ``path`` in the format of ``suffix``."""
    return f"copy (\n{query}\n) to {quote_literal(path)} ({_COPY_OPTIONS[suffix]})"


def scan(path: Path, suffix: str) -> str:
    """Return SQL of the relation of canonical columns that a file written here holds."""
    if suffix == ".parquet":
        return f"read_parquet({quote_path(path)})"
    columns = ", ".join(
        f"{quote_literal(column.name)}: {quote_literal(column.sql_type)}"
        for column in CENSUS_COLUMNS
    )
    return f"read_csv({quote_path(path)}, header = true, columns = {{{columns}}})"


def quote_path(path: Path) -> str:
    """Return ``path`` as a SQL literal that names this file alone, whatever its name holds.

    DuckDB would take ``*``, ``?`` and ``[`` in a file's name for a pattern.
    """
    return quote_literal(glob.escape(str(path)))


def writable_suffix(path: Path) -> str:
    """Return the suffix of ``path`` in lower case, which decides the file's format.

    Raises:
        InputError: if it is neither .parquet nor .csv.
    """
    suffix = path.suffix.lower()
    if suffix not in _COPY_OPTIONS:
        raise InputError(f"{path}: a census is written as .parquet or .csv; name the file so.")
    return suffix


@contextmanager
def replaced_when_complete(target: Path) -> Iterator[Path]:
    """Yield a path to write to; on success it takes the target's place, else it is removed.

    Directories above the target are made.

    Raises:
        InputError: if the target is a directory or can't be written.
    """
    if target.is_dir():
        raise InputError(f"{target} is a directory; name a file in it.")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with replaced_when_whole(target) as partial:
            yield partial
    except (OSError, duckdb.IOException) as error:
        raise InputError(f"{target} can't be written: {error}") from error
