"""Promises of the lock of a run: one at a time, nobody by mistake, the dead do not hold it."""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest

from shardrun.database.run_lock import hold_lock, is_at_work
from shardrun.errors import DatabaseInUseError
from tests.support.command_line import environment
from tests.support.sharded_runs import Project

pytestmark = pytest.mark.integration

HOLDER = """
import sys
from pathlib import Path
from shardrun.database.run_lock import hold_lock
with hold_lock(Path(sys.argv[1]), Path("a.duckdb")) as lock:
    lock.name_run("its run")
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    folder = tmp_path / "a.shardrun"
    folder.mkdir()
    (folder / "census.parquet").touch()
    return folder / "lock"


def start_holder(lock: Path) -> subprocess.Popen[str]:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(lock)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment(),
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    return holder


def test_a_second_owner_is_told_who_the_first_is_and_since_when(lock: Path) -> None:
    with start_holder(lock) as holder:
        with pytest.raises(DatabaseInUseError) as refused, hold_lock(lock, Path("a.duckdb")):
            pass
        holder.communicate("")
    host = os.uname().nodename
    assert f"another run: process {holder.pid} on {host}, since 20" in str(refused.value)


def test_a_dead_owner_lets_go_and_is_named_once(lock: Path) -> None:
    with start_holder(lock) as holder:
        holder.kill()
    with hold_lock(lock, Path("a.duckdb")) as held:
        assert held.dead is not None
        assert held.dead.pid == holder.pid
    with hold_lock(lock, Path("a.duckdb")) as held:
        assert held.dead is None


def test_a_run_is_at_work_for_as_long_as_its_own_owner_lives(lock: Path) -> None:
    with start_holder(lock) as holder:
        assert is_at_work(lock, "its run")
        assert not is_at_work(lock, "a run that died before")
        holder.kill()
    assert not is_at_work(lock, "its run")
    with hold_lock(lock, Path("a.duckdb")):
        assert not is_at_work(lock, "its run")
    assert not is_at_work(lock.with_name("none"), "its run")


def test_whoever_looks_whether_a_run_is_at_work_never_keeps_one_away(lock: Path) -> None:
    over = Event()

    def look() -> None:
        while not over.is_set():
            is_at_work(lock, "a run")

    with ThreadPoolExecutor(2) as lookers:
        for _ in range(2):
            lookers.submit(look)
        try:
            for _ in range(500):
                with hold_lock(lock, Path("a.duckdb")):
                    pass
        finally:
            over.set()


def test_an_owner_that_fails_has_not_died(lock: Path) -> None:
    with pytest.raises(LookupError), hold_lock(lock, Path("a.duckdb")):
        raise LookupError
    with hold_lock(lock, Path("a.duckdb")) as held:
        assert held.dead is None


def test_a_lock_alone_in_its_folder_leaves_no_folder(tmp_path: Path) -> None:
    with hold_lock(tmp_path / "new.shardrun" / "lock", Path("new.duckdb")):
        assert (tmp_path / "new.shardrun").stat().st_mode & 0o777 == 0o700
    assert list(tmp_path.iterdir()) == []


def test_a_second_run_ends_at_once_and_the_first_goes_on(tmp_path: Path) -> None:
    project = Project.linked(tmp_path, 300, "2027")
    with project.start("a", "--shards", "2", "--json") as first:
        while not (tmp_path / "a.shardrun" / "logs").exists():
            assert first.poll() is None
        second = project.run("a", "--json")
        stdout, stderr = first.communicate()
    assert first.returncode == 0, stderr
    assert second.returncode == 4
    assert f"process {first.pid} on " in json.loads(second.stdout)["error"]
    assert json.loads(stdout)["success"]
