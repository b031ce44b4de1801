"""Promises about what several runs by one command refuse, before anything starts."""

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from shardrun.cli import app
from shardrun.console.terminal import Terminal
from shardrun.errors import InputError

PROJECT = Path(__file__).parents[1] / "projects" / "tiny"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    shutil.copytree(PROJECT, "tiny")
    (tmp_path / "tiny" / "scenarios").mkdir()
    for name in ("a", "b"):
        (tmp_path / "tiny" / "scenarios" / f"{name}.yaml").write_text("{}")
    return tmp_path


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("--seeds 1", "at least two seeds"),
        ("--seeds 1..2 --shards 2", "--shards: several runs"),
        ("--seeds 1..2 --executor inline", "--executor: several runs"),
        ("--scenario a --scenario b --keep-shards", "--keep-shards: several runs"),
        ("--seeds 1..2 --from-year 2026", "an ensemble has many"),
        ("--keep-members", "belongs to an ensemble"),
        ("--scenario a --scenario b --keep-members", "belongs to an ensemble"),
        ("--scenario a --scenario b --database c.duckdb", "a.duckdb, b.duckdb"),
        ("--scenario a --scenario c", 'there is no "c"'),
        ("--seeds 1..2 --memory-limit 0.5GB", "too little for 1 runs"),
        ("--scenario a --scenario b --workers 2 --memory-limit 1GB", "too little for 2 runs"),
        ("--branch-from base.duckdb", "belong together"),
        ("--seeds 1..2 --branch-from base.duckdb --year 2026", "there is no database"),
    ],
)
def test_what_makes_no_sense_for_several_runs_is_refused(here: Path, words: str, says: str) -> None:
    before = set(here.rglob("*"))
    done = CliRunner().invoke(
        app,
        ["run", "--config", "tiny/simulation_config.yaml", *words.split()],
        obj=Terminal(),
    )
    assert isinstance(done.exception, InputError), done.output
    assert says in str(done.exception)
    assert set(here.rglob("*")) == before
