"""Every command, on every kind of file that holds no run: refused in one message, none changed."""

from __future__ import annotations

from collections.abc import Callable

import duckdb
import pytest

from shardrun.ledger.ledger import Ledger
from tests.support.commands import commands
from tests.support.desk import DATABASE, Desk
from tests.support.newer_duckdb import let_newer_duckdb_have_written
from tests.unit.bad_inputs.command_lines import RUN, SHARD

RecordProperty = Callable[[str, object], None]

ODD = "odd.duckdb"

WRITING = [
    RUN,
    f"{RUN} --fresh",
    f"{RUN} --from-year 2025",
    "run --seeds 1..2 --config config.yaml --census census.csv --database simulation.duckdb",
]
DIGEST = "digest simulation.duckdb"  # of any database, so also of one that is of no run
READING = [
    "run --branch-from simulation.duckdb --year 2026 --database other.duckdb",
    f"{SHARD} 0 --of 2 --year 2025",
    "status simulation.duckdb",
    "diff simulation.duckdb other.duckdb",
    "diff other.duckdb simulation.duckdb",
    "compare simulation.duckdb other.duckdb",
    "compare other.duckdb simulation.duckdb",
    "trace 0007 --database simulation.duckdb",
    "report simulation.duckdb",
    "export simulation.duckdb -o out",
]


def refused(desk: Desk, line: str) -> str:
    """Call a command with the odd file for its database, and the good one for the other."""
    words = line.replace("other.duckdb", "*").replace(DATABASE, ODD).replace("*", DATABASE)
    return " ".join(desk.refuse(*words.split()).split())


@pytest.fixture(scope="module")
def newer(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    desk = Desk.laid(tmp_path_factory.mktemp("newer"))
    (desk.folder / ODD).write_bytes((desk.folder / DATABASE).read_bytes())
    let_newer_duckdb_have_written(desk.folder / ODD)
    return desk


@pytest.mark.parametrize("line", [*WRITING, *READING, DIGEST])
def test_a_database_of_a_newer_duckdb_is_refused_with_what_to_install(
    line: str, newer: Desk, record_property: RecordProperty
) -> None:
    said = refused(newer, line)
    assert f"{ODD} was written by a newer DuckDB than the {duckdb.__version__}" in said
    assert "pip install --upgrade duckdb" in said
    record_property("bad inputs refused", 1)


@pytest.fixture(scope="module", params=["no byte", "no table", "no run"])
def empty(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """What a run leaves that is killed as it makes its file, before its ledger, before its row."""
    desk = Desk.laid(tmp_path_factory.mktemp("empty"))
    database = desk.folder / ODD
    if request.param == "no byte":
        database.touch()
        return desk
    with duckdb.connect(database) as connection:
        if request.param == "no run":
            Ledger(connection.cursor, database)
    return desk


@pytest.mark.parametrize("line", READING)
def test_of_a_database_with_nothing_in_it_just_that_is_said(
    line: str, empty: Desk, record_property: RecordProperty
) -> None:
    assert f"there is nothing in {ODD} yet. `shardrun run` begins on it." in refused(
        empty, line
    ).replace(f"{empty.folder}/", "")
    record_property("bad inputs refused", 1)


def test_no_command_that_opens_a_database_is_forgotten() -> None:
    offered = {
        " ".join(words)
        for words, command in commands()
        if {parameter.name for parameter in command.params} & {"database", "a", "base"}
    }
    # a check writes beside the database, and never opens it
    assert offered - {"check"} == {line.split()[0] for line in [*WRITING, *READING, DIGEST]}
