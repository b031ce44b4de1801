"""Promises of several runs by one command: scenarios side by side, and ensembles, of rabbits."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

import shardrun as api
from shardrun.database.digest import digest_database
from shardrun.ensembles.member_results import MemberProgress
from shardrun.ensembles.members import Member
from shardrun.ensembles.records import read_ensemble
from shardrun.errors import InputError, MembersFailedError
from tests.support.command_line import environment, shardrun

pytestmark = pytest.mark.integration

TINY = Path(__file__).parents[1] / "projects" / "tiny"
MEMORY = ("--memory-limit", "1.2GB")  # enough for two at a time


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the tiny project, of one year, and with scenarios that have seeds of their own.

    The run whose seed is 13 fails.
    """
    here = tmp_path_factory.mktemp("several")
    shutil.copytree(TINY, here / "tiny")
    config = (TINY / "simulation_config.yaml").read_text().replace("2027", "2025")
    (here / "config.yaml").write_text(config)
    (here / "scenarios").mkdir()
    for name, seed in (("seven", 7), ("eight", 8), ("unlucky", 13)):
        (here / "scenarios" / f"{name}.yaml").write_text(f"simulation: {{random_seed: {seed}}}")
    events = here / "tiny" / "models" / "fct_events.sql"
    events.write_text(
        events.read_text() + "and if({{ var('random_seed') }} = 13, error('bad luck'), true)"
    )
    # a summary that chance decides
    summary = here / "tiny" / "models" / "rpt_rabbits.sql"
    summary.write_text(
        summary.read_text().replace("from", ", {{ var('random_seed') }} * 2 as luck from")
    )
    return here


def run(here: Path, *words: object) -> subprocess.CompletedProcess[str]:
    return shardrun("run", "--config", "config.yaml", *MEMORY, *words, cwd=here)


def start(here: Path, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "shardrun", "run", "--config", "config.yaml", *MEMORY, *words],
        cwd=here,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def worker_of(member: Path, among: subprocess.Popen[str]) -> int:
    """Wait until a member runs, and return the process that runs it."""
    lock = member.with_suffix(".shardrun") / "lock"
    while among.poll() is None:
        text = lock.read_text() if lock.exists() else ""
        if text:
            return int(json.loads(text)["pid"])
        time.sleep(0.01)
    raise AssertionError(among.communicate())


def document(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(done.stdout)
    return read


@pytest.fixture(scope="module")
def scenarios(here: Path) -> subprocess.CompletedProcess[str]:
    return run(here, "--scenario", "seven", "--scenario", "unlucky", "--scenario", "eight")


@pytest.fixture(scope="module")
def ensemble(here: Path) -> subprocess.CompletedProcess[str]:
    return run(here, "--seeds", "7..8", "--keep-members", "--json")


def test_a_scenario_that_fails_is_named_and_the_others_finish(
    here: Path, scenarios: subprocess.CompletedProcess[str]
) -> None:
    assert scenarios.returncode == 3
    assert "1 of 3 runs failed" in scenarios.stderr
    assert "unlucky: EVENT_GENERATION of 2025" in scenarios.stderr
    assert "bad luck" in scenarios.stderr
    again = document(run(here, "--scenario", "seven", "--scenario", "eight", "--json"))
    assert [(each["scenario"], each["already_finished"]) for each in again["runs"]] == [
        ("seven", True),
        ("eight", True),
    ]
    assert not list(here.glob(".shardrun-*")), "no copy of the inputs is left"


def test_a_member_of_an_ensemble_is_the_run_by_itself_with_its_seed(
    here: Path,
    scenarios: subprocess.CompletedProcess[str],
    ensemble: subprocess.CompletedProcess[str],
) -> None:
    assert ensemble.returncode == 0, ensemble.stderr
    for member, alone in zip(document(ensemble)["members"], ("seven", "eight"), strict=True):
        digest = digest_database(here / f"{alone}.duckdb").digest
        kept = here / "ensemble.shardrun" / "members" / f"{member['random_seed']}.duckdb"
        assert member["digest"] == digest == digest_database(kept).digest
    shown = shardrun("status", "ensemble.duckdb", cwd=here)
    assert "the configuration, 2 seeds" in shown.stdout
    figures = {row["figure"]: row for row in document(ensemble)["figures"]}
    luck = figures["luck"]
    assert [luck[name] for name in ("mean", "standard_error", "p10", "p50", "p90")] == [
        *(15.0, 1.0),
        pytest.approx(14.2),
        15.0,
        pytest.approx(15.8),
    ]


def test_the_api_goes_on_with_what_the_command_line_made(
    here: Path,
    scenarios: subprocess.CompletedProcess[str],
    ensemble: subprocess.CompletedProcess[str],
) -> None:
    remarks: list[str] = []
    given = {"directory": here, "memory_limit": "1.2GB", "remark": remarks.append}
    made = api.run_ensemble(range(7, 9), "config.yaml", **given)
    assert "2 of 2 members are done already" in remarks
    assert made.contents == api.read_ensemble(here / "ensemble.duckdb").contents
    assert made.tables == ("member_figures", "ensemble_figures", "scenario_differences")
    luck = made.query("select mean from ensemble_figures where figure = ?", "luck")
    assert luck.tuples() == [(15.0,)]
    figures = made.table("ensemble_figures")
    assert sorted(figures.polars()["figure"]) == sorted(figures.pandas()["figure"])
    assert made.table("member_figures").arrow().num_rows == 2 * len(figures.tuples())
    with pytest.raises(InputError, match='did you mean "member_figures"'):
        made.table("member_figure")
    told: list[MemberProgress] = []
    side_by_side = api.run_scenarios(
        ["seven", "eight"], "config.yaml", listener=told.append, **given
    )
    assert [result.already_finished for result in side_by_side.values()] == [True, True]
    assert {name: run.summary[0]["luck"] for name, run in side_by_side.items()} == {
        "seven": 14,
        "eight": 16,
    }
    assert {progress.name for progress in told} == {"seven", "eight"}
    with pytest.raises(MembersFailedError, match="unlucky: EVENT_GENERATION of 2025"):
        api.run_scenarios(["unlucky"], "config.yaml", **given)


def test_an_ensemble_grows_by_what_is_new_and_one_that_fails_is_named(
    here: Path, ensemble: subprocess.CompletedProcess[str]
) -> None:
    before = {record.member: record for record in read_ensemble(here / "ensemble.duckdb").members}
    grown = run(here, "--seeds", "7..9,13")
    assert grown.returncode == 3
    assert "2 of 4 members are done already" in grown.stderr
    assert "seed 13: EVENT_GENERATION of 2025" in grown.stderr
    after = read_ensemble(here / "ensemble.duckdb")
    assert after.done == {Member("", 7), Member("", 8), Member("", 9)}
    assert [record for record in after.members if record.member in before] == list(before.values())
    assert not (here / "ensemble.shardrun" / "members" / "9.duckdb").exists()
    assert "seed 13 failed" in grown.stdout


def test_a_member_whose_process_is_killed_is_run_again_and_comes_out_the_same(
    here: Path, ensemble: subprocess.CompletedProcess[str]
) -> None:
    members = here / "killed.shardrun" / "members"
    running = start(here, "--seeds", "7..8", "--database", "killed.duckdb", "--json")
    os.kill(worker_of(members / "8.duckdb", running), signal.SIGKILL)
    out, err = running.communicate()
    assert running.returncode == 0, err
    assert "seed 8: its process was killed; begun again" in err
    assert [member["digest"] for member in json.loads(out)["members"]] == [
        member["digest"] for member in document(ensemble)["members"]
    ]


def test_an_ensemble_that_was_killed_goes_on_with_the_members_that_are_not_done(
    here: Path, ensemble: subprocess.CompletedProcess[str]
) -> None:
    words = ("--seeds", "7..8", "--workers", "1", "--database", "stopped.duckdb", "--json")
    running = start(here, *words)
    worker = worker_of(here / "stopped.shardrun" / "members" / "8.duckdb", running)
    running.kill()
    running.communicate()
    (done,) = read_ensemble(here / "stopped.duckdb").members
    assert done.member == Member("", 7)
    while Path(f"/proc/{worker}").exists():  # it ends by itself, its coordinator being gone
        time.sleep(0.05)
    resumed = run(here, *words)
    assert resumed.returncode == 0, resumed.stderr
    assert "1 of 2 members are done already" in resumed.stderr
    assert [member["digest"] for member in document(resumed)["members"]] == [
        member["digest"] for member in document(ensemble)["members"]
    ]
    assert read_ensemble(here / "stopped.duckdb").members[0] == done


def test_an_ensemble_that_is_stopped_says_so_and_leaves_no_process(here: Path) -> None:
    running = start(here, "--seeds", "7..8", "--workers", "1", "--database", "interrupted.duckdb")
    worker = worker_of(here / "interrupted.shardrun" / "members" / "7.duckdb", running)
    running.send_signal(signal.SIGINT)
    _, err = running.communicate()
    assert running.returncode == 130, err
    assert "stopped with 0 members done" in err.splitlines()[-1]
    assert not Path(f"/proc/{worker}").exists()
    assert not (here / "interrupted.shardrun" / "incoming").exists()
