"""Promises of `shardrun diff`, on databases that real runs made."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import duckdb
import pytest

from tests.support.in_process import invoke

pytestmark = pytest.mark.integration

PROJECT = Path(__file__).parents[1] / "projects" / "tiny"


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with databases of the tiny project: base, its equal, and one of another seed."""
    here = tmp_path_factory.mktemp("diff")
    shutil.copytree(PROJECT, here / "tiny")
    config = here / "config.yaml"  # beside the project: a file in it would count as its code
    for name, threads, seed in (("base", 2, 42), ("equal", 1, 42), ("reseeded", 2, 7)):
        config.write_text(
            (PROJECT / "simulation_config.yaml")
            .read_text()
            .replace("end_year: 2027", f"end_year: 2026\n  random_seed: {seed}")
        )
        run = invoke(
            *("run", "--config", config, "--database", f"{name}.duckdb", "--threads", threads),
            cwd=here,
        )
        assert run.returncode == 0, run.stderr
    return here


def test_equal_runs_are_equal_and_the_threads_are_told(here: Path) -> None:
    shown = invoke("diff", "base.duckdb", "equal.duckdb", "--exit-code", cwd=here)
    assert shown.returncode == 0, shown.stderr
    assert "equal: all 6 tables" in shown.stdout
    assert "dbt_threads: 2 in A, 1 in B" in shown.stdout


def test_another_seed_parts_two_runs_where_it_is_first_written(here: Path) -> None:
    shown = invoke("diff", "base.duckdb", "reseeded.duckdb", "--json", cwd=here)
    assert shown.returncode == 0, shown.stderr
    document = json.loads(shown.stdout)
    assert document["equal"] is False
    assert document["explained"] is True
    assert document["made_from"] == [
        {"kind": "config", "name": "random_seed", "a": "42", "b": "7"},
    ]
    first = document["first_difference"]
    assert (first["year"], first["stage"], first["table"]) == (
        2025,
        "event_generation",
        "fct_events",
    )
    assert first["row"]["key"] == {"simulation_year": "2025", "rabbit": "0"}
    assert (first["column"], first["a"], first["b"]) == ("seed", "42", "7")
    (table,) = document["tables"]
    assert (table["changed"], table["columns"]) == (6, {"seed": 6})


def test_a_row_changed_by_hand_is_found_and_nothing_explains_it(here: Path, tmp_path: Path) -> None:
    shutil.copy(here / "base.duckdb", tmp_path / "touched.duckdb")
    with duckdb.connect(tmp_path / "touched.duckdb") as connection:
        connection.execute(
            "update fct_rabbits set closing_rabbits = 9 where simulation_year = 2026"
        )
    arguments = ("diff", here / "base.duckdb", tmp_path / "touched.duckdb")
    shown = invoke(*arguments, "--exit-code", cwd=here)
    assert shown.returncode == 1
    assert shown.stderr == ""
    for part in ("state_accumulation", "fct_rabbits", "2026", "closing_rabbits", "8", "9"):
        assert part in shown.stdout
    assert "changed by hand" in " ".join(shown.stdout.split())


def test_a_missing_database_is_refused_in_one_message(here: Path) -> None:
    refused = invoke("diff", "base.duckdb", "nowhere.duckdb", "--json", cwd=here)
    assert refused.returncode == 2
    assert "nowhere.duckdb" in json.loads(refused.stdout)["error"]
    assert "Traceback" not in refused.stderr
