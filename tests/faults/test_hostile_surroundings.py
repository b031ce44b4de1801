"""Promises for a bad day: what is said, what is kept, and that the same command goes on."""

import json
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from time import sleep

import duckdb
import psutil
import pytest

from shardrun import run as simulate
from shardrun.database.connection import ALIAS, open_database
from shardrun.database.digest import digest_database
from shardrun.errors import RunInterruptedError
from shardrun.ledger.reader import read_ledger
from shardrun.pipeline.progress import ProgressEvent, StepFinished
from shardrun.report.time_axis import placed_steps
from tests.support.command_line import environment, shardrun
from tests.support.in_process import invoke
from tests.support.sharded_runs import Project

pytestmark = pytest.mark.faults

TINY = Path(__file__).parents[1] / "projects" / "tiny"
RUN = ("run", "2025", "--config", "tiny/simulation_config.yaml", "--database")
NOBODY = 65534


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A working directory with the tiny project in it."""
    shutil.copytree(TINY, tmp_path / "tiny")
    return tmp_path


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project.linked(tmp_path_factory.mktemp("hostile"), 300, "2027")
    project.must_run("default")
    return project


def digest(folder: Path, database: str) -> str:
    return digest_database(folder / database).digest


def test_a_disk_that_is_full_is_told_and_the_run_goes_on_when_there_is_room(here: Path) -> None:
    """Full is what a limit of the size of files makes of it: dbt's own fit, the database not."""
    words = ("run", "2025-2040", "--config", "tiny/simulation_config.yaml", "--database")

    def leave_little_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (900 * 1024, 900 * 1024))

    full = subprocess.run(
        [sys.executable, "-m", "shardrun", *words, "full.duckdb"],
        cwd=here,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=leave_little_room,
    )
    assert full.returncode in (1, 3), full.stderr
    assert "File too large" in full.stderr
    assert str(here / "full.duckdb") in full.stderr
    assert "Traceback" not in full.stderr
    assert shardrun(*words, "full.duckdb", cwd=here).returncode == 0
    assert shardrun(*words, "whole.duckdb", cwd=here).returncode == 0
    assert digest(here, "full.duckdb") == digest(here, "whole.duckdb")


def test_a_failure_in_any_stage_is_named_and_the_run_goes_on_from_there(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stages = (
        *("INITIALIZATION", "FOUNDATION", "EVENT_GENERATION"),
        *("STATE_ACCUMULATION", "VALIDATION", "REPORTING"),
    )
    for done, stage in enumerate(stages):
        monkeypatch.setenv("TINY_FAILS_IN", stage)
        failed = invoke(*RUN, "failing.duckdb", cwd=here)
        assert failed.returncode == 3, failed.stderr
        assert f"{stage} of 2025" in failed.stderr
        assert "the rabbits have left" in failed.stderr
        assert "Traceback" not in failed.stderr
        status = json.loads(invoke("status", "failing.duckdb", "--json", cwd=here).stdout)
        finished = [step for step in status["steps"] if step["status"] == "finished"]
        assert len(finished) == done
    monkeypatch.delenv("TINY_FAILS_IN")
    assert invoke(*RUN, "failing.duckdb", cwd=here).returncode == 0
    assert invoke(*RUN, "whole.duckdb", cwd=here).returncode == 0
    assert digest(here, "failing.duckdb") == digest(here, "whole.duckdb")


def test_a_test_that_fails_keeps_the_rows_that_it_found_until_the_next_run(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TINY_RABBITS_ARE_COUNTED", "twice")
    failed = invoke(*RUN, "t.duckdb", cwd=here)
    assert failed.returncode == 3, failed.stderr
    table = "shardrun_failures.unique_chk_rabbits_closing_rabbits"
    assert "VALIDATION of 2025" in failed.stderr
    assert f"{table} in {here / 't.duckdb'}" in failed.stderr.replace('"', "")
    with duckdb.connect(here / "t.duckdb", read_only=True) as connection:
        assert connection.execute(f"from {table}").fetchall() == [(4, 2)]
    monkeypatch.delenv("TINY_RABBITS_ARE_COUNTED")
    again = invoke(*RUN, "t.duckdb", cwd=here)
    assert again.returncode == 0, again.stderr
    with duckdb.connect(here / "t.duckdb", read_only=True) as connection:
        assert not connection.execute(
            "from duckdb_schemas() where schema_name = 'shardrun_failures'"
        ).fetchall()


def test_artifacts_that_cannot_be_written_hide_neither_an_interrupt_nor_a_failure(
    here: Path,
) -> None:
    in_the_way = here / "tiny" / "target"
    in_the_way.write_text("a file where dbt's tools look for a folder")

    def interrupt(event: ProgressEvent) -> None:
        if isinstance(event, StepFinished):
            raise KeyboardInterrupt

    with pytest.raises(RunInterruptedError) as stopped:
        simulate(RUN[3], directory=here, years=2025, database="t.duckdb", listener=interrupt)
    failed = invoke(*RUN, "t.duckdb", cwd=here, TINY_FAILS_IN="REPORTING")
    assert failed.returncode == 3
    assert "the rabbits have left" in failed.stderr
    succeeded = invoke(*RUN, "t.duckdb", cwd=here)
    assert succeeded.returncode == 1
    for said in (stopped.value.message, failed.stderr, succeeded.stderr):
        assert "dbt's artifacts can't be written" in said
        assert "tiny/target" in said
    in_the_way.unlink()
    assert invoke(*RUN, "t.duckdb", cwd=here).returncode == 0


class RunsBackwards(datetime):
    """A clock that is a day earlier whenever it is looked at."""

    days = 0

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:
        cls.days += 1
        return datetime.now(tz) - timedelta(days=cls.days)


def test_a_clock_that_is_set_back_changes_neither_result_nor_order_nor_durations(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("run", "2025-2026", "--config", "tiny/simulation_config.yaml", "--database")
    assert invoke(*words, "whole.duckdb", cwd=here).returncode == 0
    for module in ("ledger.ledger", "database.run_lock"):
        monkeypatch.setattr(f"shardrun.{module}.datetime", RunsBackwards)
    assert invoke(*RUN, "back.duckdb", cwd=here).returncode == 0
    died = {"pid": 1, "host": "elsewhere", "since": "2999-01-01T00:00:00+00:00"}
    (here / "back.shardrun" / "lock").write_text(json.dumps(died))
    resumed = invoke(*words, "back.duckdb", cwd=here)
    assert resumed.returncode == 0, resumed.stderr
    assert "process 1 on elsewhere, since 2999-01-01T00:00:00+00:00" in resumed.stderr
    assert digest(here, "back.duckdb") == digest(here, "whole.duckdb")
    status = json.loads(invoke("status", "back.duckdb", "--json", cwd=here).stdout)
    assert [run["end_year"] for run in status["runs"]] == [2025, 2026]
    assert [run["status"] for run in status["runs"]] == ["finished", "finished"]
    began = [step["started_at"] for step in status["steps"]]
    assert began == sorted(began, reverse=True), "the clock did not run backwards"
    assert [step["year"] for step in status["steps"]] == [2025] * 6 + [2026] * 5
    assert all(0 < step["seconds"] < timedelta(days=1).total_seconds() for step in status["steps"])
    with open_database(here / "back.duckdb") as connection:
        placed = placed_steps(read_ledger(connection, ALIAS))
    starts = [start for _, start in placed]
    assert starts == sorted(starts), "the report's timeline goes back"


@pytest.fixture
def read_only() -> Iterator[Path]:
    """A folder that anybody may look into, outside of pytest's own, which nobody else may enter."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        (path / "default.duckdb").touch()
        path.chmod(0o555)
        yield path
        path.chmod(0o700)


def test_a_folder_that_is_not_ours_to_write_is_refused(read_only: Path) -> None:
    """As whoever may not write there; root, who may, becomes nobody for it."""
    folder = read_only
    script = (
        "import os, sys\n"
        "from shardrun.cli import call\n"
        "call(['run', '--config', '/nowhere.yaml'])  # loads what nobody may not even read\n"
        f"if os.geteuid() == 0: os.setgid({NOBODY}); os.setuid({NOBODY})\n"
        "sys.exit(call(sys.argv[1:]))\n"
    )
    words = ["run", "2027", "--database", str(folder / "default.duckdb")]
    refused = subprocess.run(
        [sys.executable, "-c", script, *words],
        cwd="/",
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert refused.returncode == 2, refused.stderr
    assert f"the folder {folder} of the database default.duckdb is not writable" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert [file.name for file in folder.iterdir()] == ["default.duckdb"]


def test_a_second_ctrl_c_is_harsh_and_leaves_no_process_and_a_database_to_go_on_with(
    project: Project,
) -> None:
    shards = ("--shards", "4", "--workers", "2")
    with project.start("harsh", *shards) as run:
        while not project.shards_folder("harsh").exists():
            assert run.poll() is None, run.communicate()
            sleep(0.01)
        family = psutil.Process(run.pid).children(recursive=True)
        run.send_signal(signal.SIGINT)
        sleep(0.02)
        run.send_signal(signal.SIGINT)
        _, stderr = run.communicate()
    assert run.returncode == 130, stderr
    assert "Traceback" not in stderr
    _, alive = psutil.wait_procs(family, timeout=60)
    assert alive == []
    project.must_run("harsh", *shards)
    assert project.digest("harsh") == project.digest("default")


def test_what_a_run_leaves_is_its_owners_alone(project: Project) -> None:
    """Also under a umask that would let the world read."""
    words = project.arguments("owned", "--shards", "2", "--executor", "inline", "--keep-shards")
    assert shardrun(*words, cwd=project.folder).returncode == 0
    folder = project.folder / "owned.shardrun"
    assert folder.stat().st_mode & 0o777 == 0o700
    for file in project.shards_folder("owned").rglob("*"):
        assert file.stat().st_mode & 0o077 == 0, file
    assert project.database("owned").stat().st_mode & 0o077 == 0
