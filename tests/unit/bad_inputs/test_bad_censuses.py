"""Every bad census ends in one message with file, row, column and value; odd ones work."""

import glob
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from tests.support.desk import CONFIG, DATABASE, Desk
from tests.unit.bad_inputs.census_mistakes import BAD, DEFECTS, GOOD_BUT_ODD, ODD_IDS, Census

RecordProperty = Callable[[str, object], None]


def named(census: Census) -> str:
    return census.name.replace(" ", "-")


@pytest.mark.parametrize("census", BAD, ids=named)
def test_a_bad_census_is_refused_by_name(
    census: Census, desk: Desk, tmp_path: Path, record_property: RecordProperty
) -> None:
    path = census.write(tmp_path)
    around = set(tmp_path.rglob("*"))
    said = desk.refuse(
        *("run", "2025", "--config", CONFIG, "--census", path, "--database", DATABASE)
    )
    assert str(path) in said
    assert census.says in said
    if census in DEFECTS:
        assert said.startswith(f"error: {path}: 1 defect; nothing was written.\n")
    assert set(tmp_path.rglob("*")) == around
    record_property("bad inputs refused", 1)


@pytest.mark.parametrize("census", GOOD_BUT_ODD, ids=named)
def test_an_odd_census_is_taken(
    census: Census, desk: Desk, tmp_path: Path, record_property: RecordProperty
) -> None:
    path = census.write(tmp_path)
    target = tmp_path / 'it\'s the "target" [1].parquet'
    said = desk.call(
        *("census", "import", "--config", CONFIG, "--as-of-year", 2024, "-o", target, "--", path)
    )
    assert said.returncode == 0, said.stderr
    with duckdb.connect() as connection:
        rows = connection.read_parquet(glob.escape(str(target))).fetchall()
    ids = [name for name, *_ in rows]
    if census.name.startswith("SQL"):
        assert sorted(ids) == sorted(ODD_IDS)
    else:
        assert len(ids) == 1
    record_property("odd inputs taken", 1)


def test_the_names_in_the_corpus_are_unique() -> None:
    for cases in (BAD, GOOD_BUT_ODD):
        names = [census.name for census in cases]
        assert len(names) == len(set(names))
