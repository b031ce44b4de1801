"""Promises about a sharded run that is hurt: what is lost, what is kept, what is said."""

import re
import shutil
import signal
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from time import sleep

import psutil
import pytest

from shardrun.sharding.sizing import COORDINATOR_MB, WORKER_MB
from tests.support.named_kills import Moment, run_until
from tests.support.sharded_runs import Project

pytestmark = pytest.mark.faults

FILE = "events_y2027_shard{}.duckdb"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project with a run on the default path in it, called `default`."""
    project = Project.linked(tmp_path_factory.mktemp("faults"), 6000, "2027")
    project.must_run("default")
    return project


SHARDS_MADE = Moment("before the union", "shardrun.sharding.sharded_stage", "write_union")


def worker_with(project: Project, name: str, shard: int, coordinator: int) -> psutil.Process | None:
    """Wait for the worker that has a shard in hand; None if its run ends first."""
    draft = str(project.shards_folder(name) / f"events_y2027_shard{shard}.partial")
    while psutil.pid_exists(coordinator):
        with suppress(psutil.NoSuchProcess):
            if psutil.Process(coordinator).status() == psutil.STATUS_ZOMBIE:
                return None
            for process in psutil.Process(coordinator).children(recursive=True):
                with suppress(psutil.NoSuchProcess):
                    if any(file.path.startswith(draft) for file in process.open_files()):
                        return process
        sleep(0.002)
    return None


def family(coordinator: int) -> list[psutil.Process]:
    return psutil.Process(coordinator).children(recursive=True)


def assert_all_end(processes: list[psutil.Process]) -> None:
    _, alive = psutil.wait_procs(processes, timeout=60)
    assert alive == []


def test_a_killed_worker_loses_only_its_shard(project: Project) -> None:
    with project.start("killed_worker", "--shards", "4", "--workers", "2") as run:
        worker = worker_with(project, "killed_worker", 2, run.pid)
        assert worker is not None
        worker.kill()
        _, stderr = run.communicate()
    assert run.returncode == 0, stderr
    assert "begun again" in stderr
    assert project.digest("killed_worker") == project.digest("default")
    tries = project.query("killed_worker", "select max(tries) from shardrun.shards")
    assert tries == [(2,)]


def test_a_shard_that_keeps_killing_its_worker_is_named_and_the_same_command_goes_on(
    project: Project,
) -> None:
    name = "poisoned"
    with project.start(name, "--shards", "4", "--workers", "2") as run:

        def kill_all() -> None:
            while worker := worker_with(project, name, 1, run.pid):
                worker.kill()
                worker.wait()

        with ThreadPoolExecutor(1) as pool:
            killing = pool.submit(kill_all)
            _, stderr = run.communicate()
            killing.result()
    assert run.returncode == 1, stderr
    assert "its worker was killed 3 times" in stderr
    assert "shardrun shard 1 --of 4 --year 2027 --database" in stderr
    assert project.query(
        name, "select shard_id, status from shardrun.shards order by shard_id"
    ) == [(0, "finished"), (1, "failed"), (2, "finished"), (3, "finished")]
    assert not project.query(name, "from duckdb_tables() where table_name = 'fct_yearly_events'")
    kept = sorted(file.name for file in project.shards_folder(name).glob("*.duckdb"))
    assert kept == [FILE.format(index) for index in (0, 2, 3)]
    makers = "select shard_id, worker from shardrun.shards where status = 'finished' order by all"
    before = dict(project.query(name, makers))
    project.must_run(name, "--shards", "4", "--workers", "2")
    assert project.digest(name) == project.digest("default")
    after = project.query(
        name,
        "select shard_id, worker from shardrun.shards where run_id = "
        "(select max(run_id) from shardrun.runs) order by all",
    )
    reused = {shard for shard, worker in after if before.get(shard) == worker}
    assert reused == {0, 2, 3}


@pytest.mark.parametrize("blow", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_run_stopped_amid_its_shards_leaves_no_process_and_can_be_gone_on_with(
    project: Project, blow: signal.Signals
) -> None:
    name = f"stopped_{blow.name}"
    with project.start(name, "--shards", "4", "--workers", "2") as run:
        assert worker_with(project, name, 1, run.pid) is not None
        workers = family(run.pid)
        run.send_signal(blow)
        _, stderr = run.communicate()
        assert_all_end(workers)
    assert run.returncode == (-blow if blow is signal.SIGKILL else 130), stderr
    assert "Traceback" not in stderr
    project.must_run(name, "--shards", "4", "--workers", "2")
    assert project.digest(name) == project.digest("default")
    assert not project.shards_folder(name).exists()


def test_shard_files_that_are_not_the_ones_wanted_are_made_anew_and_the_sound_ones_taken(
    project: Project,
) -> None:
    shards = ("--shards", "8", "--workers", "2")
    longer = replace(project, years="2027-2028")
    longer.must_run("other", *shards, "--keep-shards")
    run_until(SHARDS_MADE, project, "harmed", *shards)
    folder, other = project.shards_folder("harmed"), project.shards_folder("other")
    files = [folder / FILE.format(index) for index in range(8)]
    content = files[0].read_bytes()
    files[0].write_bytes(content[: len(content) // 2])
    files[1].write_bytes(b"\0" * len(content))
    shutil.copy(files[3], files[2])
    shutil.copy(other / files[4].name, files[4])
    shutil.copy(other / files[5].name.replace("2027", "2028"), files[5])
    files[6].unlink()
    project.must_run("harmed", *shards)
    assert project.digest("harmed") == project.digest("default")
    made_by = dict(project.query("harmed", "select shard_id, worker from shardrun.shards"))
    sound = {made_by.pop(3), made_by.pop(7)}
    assert len(made_by) == 6
    assert sound.isdisjoint(made_by.values()), "the killed run's workers are not the new run's"


def test_shard_files_that_a_crash_left_are_not_taken_by_another_count_and_cleared_by_none(
    project: Project, tmp_path: Path
) -> None:
    run_until(SHARDS_MADE, project, "left", "--shards", "4", "--workers", "1")
    assert len(list(project.shards_folder("left").glob("*.duckdb"))) == 4
    for path in project.folder.glob("left.*"):
        (shutil.copytree if path.is_dir() else shutil.copy)(path, tmp_path / path.name)
    project.must_run("left", "--shards", "2")
    assert project.digest("left") == project.digest("default")
    for path in tmp_path.iterdir():
        (shutil.rmtree if path.is_dir() else Path.unlink)(project.folder / path.name)
        path.rename(project.folder / path.name)
    project.must_run("left")
    assert project.digest("left") == project.digest("default")
    assert not project.shards_folder("left").exists()


def test_a_shard_that_has_too_little_memory_is_named_and_the_least_limit_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Too little is 40 MB for 30,000 people, which is refused unless that is taken for enough."""
    project = Project.linked(tmp_path, 60_000, "2027")
    project.must_run("default")
    shards = ("--shards", "2", "--workers", "2")
    tight = COORDINATOR_MB + 2 * (WORKER_MB + 54)
    refused = project.run("tight", *shards, "--memory-limit", f"{tight}MB")
    assert refused.returncode == 2
    least = re.search(r"at least (\d+) MB", refused.stderr)
    assert least, refused.stderr
    with monkeypatch.context() as patch:
        patch.setattr("shardrun.sharding.sizing.LEAST_MB", 40)
        failed = project.run("tight", *shards, "--memory-limit", f"{tight}MB")
    assert failed.returncode == 1, failed.stderr
    named = re.findall(r"shard (\d) of 2, year 2027[^\n]*: Out of Memory Error", failed.stderr)
    assert named, failed.stderr
    for shard in named:
        assert f"run it alone: shardrun shard {shard} --of 2 --year 2027" in failed.stderr
    assert "Use more shards, fewer workers, or a higher memory limit." in failed.stderr
    assert "SET threads" not in failed.stderr, "advice that nobody can follow here"
    assert "Traceback" not in failed.stderr
    assert not project.query("tight", "from duckdb_tables() where table_name = 'fct_yearly_events'")
    project.must_run("tight", *shards, "--memory-limit", f"{least[1]}MB")
    assert project.digest("tight") == project.digest("default")
    assert project.events_as_they_lie("tight") == project.events_as_they_lie("default")


def test_a_shard_whose_sql_fails_is_named_with_its_model_and_the_rest_is_kept(
    tmp_path: Path,
) -> None:
    project = Project.copied(tmp_path, 300, "2027")
    model = project.folder / "dbt" / "models" / "events" / "int_raises.sql"
    text = model.read_text()
    # one employee's own row: safe to split, and wrong in the first of four shards alone
    model.write_text(
        text.replace(
            "employees.cola_rate + cast(",
            "employees.cola_rate + case when employees.employee_key < 4000000000000000000 "
            "then cast(employees.employee_id as integer) else 0 end + cast(",
        )
    )
    assert model.read_text() != text
    failed = project.run("broken", "--shards", "4", "--workers", "2")
    assert failed.returncode == 1
    assert "shard 0 of 4, year 2027, model fct_yearly_events" in failed.stderr
    assert "Conversion Error" in failed.stderr
    assert "run it alone: shardrun shard 0 --of 4 --year 2027" in failed.stderr
    (sql,) = (project.shards_folder("broken") / "sql").rglob("*.sql")
    assert str(sql) in failed.stderr
    alone = project.call(
        *("shard", "0", "--of", "4", "--year", "2027"),
        *("--database", "broken.duckdb", "--config", "config.yaml"),
    )
    assert alone.returncode == 1
    assert "model int_raises" in alone.stderr, "apart, the very model is named"
    assert "Traceback" not in failed.stderr + alone.stderr
