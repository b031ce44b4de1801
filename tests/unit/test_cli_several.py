"""Promises about what several scenarios by one command are refused for, before any starts."""

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
        ("--keep-members", "belongs to an ensemble"),
        ("--database c.duckdb", "a.duckdb, b.duckdb"),
        ("--scenario c", 'there is no "c"'),
        ("--workers 2 --memory-limit 900MB", "too little for 2 runs"),
    ],
)
def test_what_several_scenarios_are_refused_for(here: Path, words: str, says: str) -> None:
    before = set(here.rglob("*"))
    done = CliRunner().invoke(
        app,
        [
            *("run", "--config", "tiny/simulation_config.yaml"),
            *("--scenario", "a", "--scenario", "b", *words.split()),
        ],
        obj=Terminal(),
    )
    assert isinstance(done.exception, InputError), done.output
    assert says in str(done.exception)
    assert set(here.rglob("*")) == before
