"""Census files written as a person would, and what comes out of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from shardrun.workforce.census_import import CensusImport, import_census


@dataclass(frozen=True)
class Imported:
    """What an import said, and what it wrote."""

    result: CensusImport

    @property
    def rows(self) -> list[tuple[Any, ...]]:
        """The rows in the file's order."""
        return self._select("*")

    def column(self, name: str) -> list[Any]:
        """The values of one column in the file's order."""
        return [value for (value,) in self._select(name)]

    def _select(self, expressions: str) -> list[tuple[Any, ...]]:
        with duckdb.connect() as connection:
            return connection.execute(
                f"select {expressions} from read_parquet(?)", [str(self.result.path)]
            ).fetchall()


ImportText = Callable[..., Imported]


@pytest.fixture(scope="session")
def job_levels() -> Path:
    return Path(__file__).parents[3] / "dbt" / "seeds" / "job_levels.csv"


@pytest.fixture(scope="session")
def rows_of() -> Callable[[Path], list[tuple[Any, ...]]]:
    def read(path: Path) -> list[tuple[Any, ...]]:
        with duckdb.connect() as connection:
            return connection.execute("from read_parquet(?)", [str(path)]).fetchall()

    return read


@pytest.fixture(scope="session")
def same_rows() -> Callable[[Path, Path], bool]:
    """Return a function that tells whether two Parquet files hold the same rows in one order."""

    def compare(one: Path, other: Path) -> bool:
        with duckdb.connect() as connection:
            [(differing,)] = connection.execute(
                f"select count(*) from (from '{one}') as one positional join (from '{other}') as"
                " other where one is distinct from other"
            ).fetchall()
        return differing == 0

    return compare


@pytest.fixture
def import_file(tmp_path: Path, job_levels: Path) -> ImportText:
    """Return a function that imports a file as of the end of 2024."""

    def run(source: Path, **settings: Any) -> Imported:
        chosen = {"job_levels": job_levels, "as_of": date(2024, 12, 31), **settings}
        return Imported(import_census(source, tmp_path / "imported.parquet", **chosen))

    return run


@pytest.fixture
def import_text(tmp_path: Path, import_file: ImportText) -> ImportText:
    """Return a function that imports a CSV given as text or bytes."""

    def run(content: str | bytes, **settings: Any) -> Imported:
        source = tmp_path / "people.csv"
        source.write_bytes(content.encode() if isinstance(content, str) else content)
        return import_file(source, **settings)

    return run
