"""Promises of the command line that need no dbt: help, refusals, streams, exit codes."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

PROJECT = Path(__file__).parents[1] / "projects" / "tiny"
REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A working directory with the tiny project in it."""
    shutil.copytree(PROJECT, tmp_path / "tiny")
    return tmp_path


def shardrun(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "shardrun", *arguments],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), "COLUMNS": "100", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def simulate(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return shardrun("run", "--config", "tiny/simulation_config.yaml", *arguments, cwd=cwd)


def test_help_and_refusals_do_not_wait_for_dbt(here: Path) -> None:
    loaded = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys, shardrun.cli\n"
            "print(any(name.partition('.')[0] == 'dbt' for name in sys.modules))",
        ],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    )
    assert loaded.stdout == "False\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--threads", "0"], "--threads"),
        (["--config", "nowhere.yaml"], "nowhere.yaml"),
        (["--database", "tiny/dbt_project.yml"], "not a DuckDB database"),
        (["--census", "people.csv"], "takes no census"),
        (["--no-such-flag"], "No such option"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_mistake_ends_a_process_in_one_message_and_exit_code_2(
    here: Path, arguments: list[str], said: str
) -> None:
    """Hundreds more are tried in tests/unit/bad_inputs, without a process each."""
    around = sorted(here.rglob("*"))
    refused = simulate(*arguments, cwd=here)
    assert refused.returncode == 2
    assert said in refused.stderr
    assert "Traceback" not in refused.stderr
    assert refused.stdout == ""
    assert sorted(here.rglob("*")) == around


def test_a_strangers_database_is_never_written_to_nor_anything_beside_it(here: Path) -> None:
    database = here / "simulation.duckdb"
    with duckdb.connect(database) as connection:
        connection.execute("create table salaries as select 1 as id")
    before, around = database.read_bytes(), sorted(here.rglob("*"))
    for words in (["run"], ["run", "--fresh"], ["shard", "0", "--of", "2", "--year", "2025"]):
        refused = shardrun(*words, "--config", "tiny/simulation_config.yaml", cwd=here)
        assert refused.returncode == 2
        assert "did not make" in refused.stderr
        assert database.read_bytes() == before
        assert sorted(here.rglob("*")) == around


def test_a_refusal_with_json_is_still_one_document(here: Path) -> None:
    refused = simulate("--json", "--database", "nowhere/x.duckdb", cwd=here)
    assert refused.returncode == 2
    document = json.loads(refused.stdout)
    assert document["success"] is False
    assert document["exit_code"] == 2
    assert document["error"] in refused.stderr


def test_a_dry_run_prints_the_plan_and_writes_nothing(here: Path) -> None:
    around = sorted(here.rglob("*"))
    plan = simulate("--dry-run", "2025-2026", cwd=here)
    assert plan.returncode == 0
    assert plan.stdout.count("tag:EVENT_GENERATION") == 2
    steps = json.loads(simulate("--dry-run", "--json", "2025", cwd=here).stdout)["steps"]
    assert [step["stage"] for step in steps][-1] == "reporting"
    assert sorted(here.rglob("*")) == around


def test_a_generated_census_lands_where_it_should_and_says_so_on_stderr(tmp_path: Path) -> None:
    made = shardrun(
        "census", "generate", "--employees", "50", "--seed", "3", "-o", "c.csv", cwd=tmp_path
    )
    assert (made.returncode, made.stdout) == (0, "")
    assert "50 people" in made.stderr
    assert len((tmp_path / "c.csv").read_text().splitlines()) == 51


def test_the_digest_of_a_database_is_data_on_stdout(tmp_path: Path) -> None:
    with duckdb.connect(tmp_path / "some.duckdb") as connection:
        connection.execute("create table numbers as from range(10)")
    shown = shardrun("digest", "some.duckdb", cwd=tmp_path)
    document = json.loads(shardrun("digest", "some.duckdb", "--json", cwd=tmp_path).stdout)
    assert document["tables"][0]["table"] == "numbers"
    assert document["tables"][0]["rows"] == 10
    assert document["tables"][0]["digest"] in shown.stdout
    assert document["digest"] in shown.stdout
    assert shown.stderr == ""


def test_status_of_a_database_without_a_ledger_is_refused(tmp_path: Path) -> None:
    with duckdb.connect(tmp_path / "some.duckdb") as connection:
        connection.execute("create table numbers as from range(10)")
    assert shardrun("status", "some.duckdb", cwd=tmp_path).returncode == 2


def test_a_help_waits_for_nothing_that_only_a_command_needs(tmp_path: Path) -> None:
    program = (
        "import sys\n"
        "from shardrun import cli\n"
        "assert cli.call(['--help']) == 0\n"
        "slow = {'duckdb', 'dbt', 'pydantic', 'plotly', 'jinja2', 'loky', 'psutil', 'ruamel'}\n"
        "assert not slow & sys.modules.keys(), slow & sys.modules.keys()\n"
        "ours = [name for name in sys.modules if name.startswith('shardrun.')]\n"
        "assert len(ours) <= 12, ours\n"
        "assert cli.call(['no-such-command']) == 2\n"
        "assert not {'duckdb', 'dbt', 'plotly', 'loky'} & sys.modules.keys()\n"
    )
    asked = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert asked.returncode == 0, asked.stderr


@pytest.mark.parametrize(
    "moment",
    [
        "cli.call = make_class",
        "cli.call = drop",
        "cli.call = lambda: press()",
        "atexit.register(press)",
    ],
    ids=["while a class is made", "inside of a callback", "the second", "as the process ends"],
)
def test_ctrl_c_ends_the_command_without_a_traceback(moment: str, tmp_path: Path) -> None:
    code = f"""
import atexit, os, signal, weakref
from shardrun import cli
def press(*_):
    os.kill(os.getpid(), signal.SIGINT)
    signal.pause()
def make_class():
    type("Interrupted", (), {{"field": type("Field", (), {{"__set_name__": press}})()}})
class Dropped:
    pass
def drop():
    dropped = Dropped()
    reference = weakref.ref(dropped, press)
    del dropped
    signal.pause()
signal.signal(signal.SIGINT, signal.default_int_handler)
{moment}
cli.main()
"""
    done = subprocess.run(
        [sys.executable, "-c", code, "--version"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (130, "")
