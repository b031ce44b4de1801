"""Promises of `shardrun run`, from the shell to the database, on a project of a few rows."""

import json
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from tests.support.command_line import environment, shardrun
from tests.support.in_process import Invoked, invoke
from tests.support.live_terminal import COLOUR, plain, watch

pytestmark = pytest.mark.integration

PROJECT = Path(__file__).parents[1] / "projects" / "tiny"
REPOSITORY = Path(__file__).parents[2]
DATABASE = "simulation.duckdb"


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A working directory with the tiny project in it."""
    shutil.copytree(PROJECT, tmp_path / "tiny")
    return tmp_path


def simulate(*arguments: str, cwd: Path, **changes: str) -> Invoked:
    return invoke("run", "--config", "tiny/simulation_config.yaml", *arguments, cwd=cwd, **changes)


def digest(cwd: Path, database: str = DATABASE) -> str:
    shown = invoke("digest", database, "--json", cwd=cwd)
    return json.loads(shown.stdout)["digest"]


def rabbits(cwd: Path) -> list[tuple[int, int]]:
    with duckdb.connect(cwd / DATABASE, read_only=True) as connection:
        return connection.execute(
            "select simulation_year, closing_rabbits from fct_rabbits order by all"
        ).fetchall()


def test_a_run_leaves_its_years_and_shows_them(here: Path) -> None:
    run = shardrun("run", "--config", "tiny/simulation_config.yaml", cwd=here)
    assert run.returncode == 0, run.stderr
    assert rabbits(here) == [(2025, 4), (2026, 8), (2027, 16)]
    assert "closing" in run.stdout
    assert "100.0%" in run.stdout
    assert "6 of 6 checks passed" in run.stdout
    assert DATABASE in run.stdout.replace("\n", "")
    assert run.stderr.count(" rows") == 14
    assert "2027  event_generation" in run.stderr
    assert "leaked" not in run.stderr


def test_a_narrow_terminal_shows_how_a_run_gets_on_and_when_it_will_be_over(here: Path) -> None:
    frames = watch(
        *("run", "--config", "tiny/simulation_config.yaml"), cwd=here, width=60, NO_COLOR="1"
    )
    assert not any(COLOUR.search(frame) for frame in frames)
    drawn = [plain(frame) for frame in frames]
    (last_step,) = [
        lines for lines in drawn if any("reporting, 13 of 14 steps done" in line for line in lines)
    ][:1]
    assert max(map(len, last_step)) <= 60
    header, *stages, position, pace = last_step
    assert header.split() == ["year", "2025", "2026", "2027"]
    assert [line.count(" s") for line in stages] == [1, 3, 3, 3, 3, 1]
    assert position[1:].startswith(" 2027 reporting")
    assert re.fullmatch(r"  [0-9,]+ rows/s, about [0-9]+ s left", pace)
    assert "6 of 6 checks passed" in drawn[-1]


def test_json_is_the_one_thing_on_stdout(here: Path) -> None:
    document = json.loads(simulate("--json", cwd=here).stdout)
    assert document["success"] is True
    assert document["already_finished"] is False
    assert document["run"]["threading_config"] == {"dbt_threads": 2, "event_shards": 1}
    assert [row["closing_rabbits"] for row in document["summary"]] == [4, 8, 16]
    assert document["checks"] == {"passed": 6, "total": 6}
    assert {stage["stage"] for stage in document["stages"]} >= {"foundation", "reporting"}
    assert sum(stage["cpu_seconds"] for stage in document["stages"]) > 0.1
    assert all(stage["peak_memory"] > 50_000_000 for stage in document["stages"])
    assert document["run"]["limits"]["memory_mb"] == 1000
    assert document["advice"] == []
    assert Path(document["database"]) == here / DATABASE
    assert any(Path(document["logs"]).iterdir())


def test_a_finished_run_says_so_and_does_nothing(here: Path) -> None:
    first = simulate("2025", "--json", cwd=here)
    before = (here / DATABASE).read_bytes()
    again = simulate("2025", "--json", cwd=here)
    assert again.returncode == 0
    assert "already" in again.stderr
    assert json.loads(again.stdout)["already_finished"] is True
    assert json.loads(again.stdout)["summary"] == json.loads(first.stdout)["summary"]
    assert (here / DATABASE).read_bytes() == before


def test_a_failed_stage_names_itself_and_the_run_goes_on_from_there(here: Path) -> None:
    undisturbed = here / "undisturbed"
    shutil.copytree(here / "tiny", undisturbed / "tiny")
    simulate("2025-2026", cwd=undisturbed)
    failed = simulate("2025-2026", "--json", cwd=here, TINY_FAILS_IN="2026")
    assert failed.returncode == 3
    for part in ("2026", "STATE_ACCUMULATION", "fct_rabbits", "fct_rabbits.sql", "rabbits have"):
        assert part in failed.stderr
    assert "Traceback" not in failed.stderr
    assert json.loads(failed.stdout)["exit_code"] == 3
    resumed = simulate("2025-2026", "--json", cwd=here)
    assert resumed.returncode == 0, resumed.stderr
    assert "3 of 10 steps to do" in resumed.stderr
    assert len(json.loads(resumed.stdout)["steps"]) == 10
    assert digest(here) == digest(undisturbed)


def test_more_years_go_on_from_a_finished_run(here: Path) -> None:
    simulate("2025", cwd=here)
    longer = simulate("2025-2026", "--json", cwd=here)
    assert longer.returncode == 0, longer.stderr
    assert rabbits(here) == [(2025, 4), (2026, 8)]
    assert len(json.loads(longer.stdout)["summary"]) == 2
    once = simulate("2025-2026", "--database", "once.duckdb", cwd=here)
    assert once.returncode == 0, once.stderr
    assert digest(here) == digest(here, "once.duckdb")


def test_a_changed_config_is_refused_by_name_and_fresh_replaces(here: Path) -> None:
    simulate("2025", cwd=here)
    before = (here / DATABASE).read_bytes()
    config = here / "tiny" / "simulation_config.yaml"
    config.write_text(
        config.read_text().replace("end_year: 2027", "end_year: 2025\n  random_seed: 7")
    )
    refused = simulate(cwd=here)
    assert refused.returncode == 2
    assert "random_seed: 42 -> 7" in refused.stderr
    assert (here / DATABASE).read_bytes() == before
    replaced = simulate("--fresh", "--json", cwd=here)
    assert replaced.returncode == 0, replaced.stderr
    assert json.loads(replaced.stdout)["run"]["random_seed"] == 7
    status = json.loads(invoke("status", "--json", cwd=here).stdout)
    assert len(status["runs"]) == 1


def test_a_fresh_run_that_fails_in_its_first_step_leaves_the_old_database(here: Path) -> None:
    simulate("2025", cwd=here)
    before = digest(here)
    (here / "tiny" / "models" / "stg_rabbits.sql").write_text(
        "{{ config(materialized='table', tags=['INITIALIZATION']) }}\n"
        "select error('gone') as rabbits"
    )
    failed = simulate("2025", "--fresh", cwd=here)
    assert failed.returncode == 3
    assert digest(here) == before


def test_a_project_that_dbt_cannot_load_is_refused_with_the_database_untouched(here: Path) -> None:
    simulate("2025", cwd=here)
    before = (here / DATABASE).read_bytes()
    (here / "tiny" / "models" / "broken.sql").write_text("select * from {{ ref('nowhere') }}")
    refused = simulate("2025", "--fresh", cwd=here)
    assert refused.returncode == 2
    assert "nowhere" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert (here / DATABASE).read_bytes() == before


def test_a_database_in_use_is_told_by_its_process(here: Path) -> None:
    simulate("2025", cwd=here)
    with subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import duckdb, sys\n"
            f"connection = duckdb.connect('{DATABASE}', read_only=True)\n"
            "print('held', flush=True)\n"
            "sys.stdin.read()",
        ],
        cwd=here,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as reader:
        assert reader.stdout is not None
        reader.stdout.readline()
        refused = simulate("2025-2026", cwd=here)
        assert refused.returncode == 4
        assert f"process {reader.pid}" in refused.stderr
        assert invoke("status", cwd=here).returncode == 0


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_run_exits_130_and_can_be_gone_on_with(here: Path, stop: signal.Signals) -> None:
    with subprocess.Popen(
        [
            *(sys.executable, "-m", "shardrun", "run"),
            *("--config", "tiny/simulation_config.yaml", "2025-2060"),
        ],
        cwd=here,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as run:
        assert run.stderr is not None
        while "2027  event_generation" not in run.stderr.readline():
            assert run.poll() is None
        run.send_signal(stop)
        assert run.wait(timeout=60) == 130
    status = json.loads(invoke("status", "--json", cwd=here).stdout)
    assert status["runs"][0]["status"] == "interrupted"
    resumed = simulate("2025-2028", "--json", cwd=here)
    assert resumed.returncode == 0, resumed.stderr
    assert rabbits(here)[-1] == (2028, 32)


def test_debug_runs_on_one_thread_and_leaves_the_sql_in_the_logs(here: Path) -> None:
    run = simulate("2025", "--debug", "--json", cwd=here)
    document = json.loads(run.stdout)
    assert document["run"]["threading_config"]["dbt_threads"] == 1
    assert document["logs"] in run.stderr
    logs = "".join(log.read_text() for log in Path(document["logs"]).rglob("*") if log.is_file())
    assert "closing_rabbits" in logs


def test_the_digest_does_not_depend_on_threads(here: Path) -> None:
    digests = set()
    for threads in ("1", "2", "6"):
        database = f"{threads}.duckdb"
        simulate("2025-2026", "--threads", threads, "--database", database, cwd=here)
        digests.add(digest(here, database))
    assert len(digests) == 1
