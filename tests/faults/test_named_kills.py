"""Killed at exactly the moment that hurts most, each time gone on with; no row lost or doubled."""

import json
from collections.abc import Callable

import pytest

from tests.support.named_kills import Moment, run_until
from tests.support.sharded_runs import Project

pytestmark = pytest.mark.faults

RecordProperty = Callable[[str, object], None]

SHARDED = ("--shards", "2", "--executor", "inline")
COORDINATOR = "shardrun.sharding.coordinator"
LEDGER = "shardrun.ledger.ledger"
SHARDED_STAGE = "shardrun.sharding.sharded_stage"
SHARD_POOL = "shardrun.sharding.shard_pool"
WORKER = "shardrun.sharding.worker"

# In the order in which they come: each run goes on where the one before it was killed.
MOMENTS = [
    (Moment("before the ledger's tables", LEDGER, "create_ledger_tables"), 0),
    (Moment("amid the ledger's tables", LEDGER, "create_ledger_tables", "after"), 0),
    (Moment("before the ledger says that a step ran", LEDGER, "Ledger.end_step"), 0),
    (Moment("inside a shard", WORKER, "_create_models"), 2),
    (Moment("inside a shard, before its name", WORKER, "_verified", "after"), 2),
    (Moment("between shards", SHARD_POOL, "_result", "after"), 2),
    (Moment("before the union", SHARDED_STAGE, "write_union"), 2),
    (Moment("inside the union, rows written", COORDINATOR, "_write", "after"), 2),
    (Moment("inside the union, recorded", LEDGER, "Ledger.end_step", "after"), 2),
    (Moment("after the union's commit", SHARDED_STAGE, "write_union", "after"), 3),
    (Moment("between dbt's finish and the ledger", LEDGER, "Ledger.end_step"), 3),
    (Moment("after a step's row", LEDGER, "Ledger.end_step", "after"), 4),
    (Moment("before the run's own end", LEDGER, "Ledger.end_run"), 10),
]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project.linked(tmp_path_factory.mktemp("moments"), 120, "2027-2028")
    project.must_run("default")
    return project


def written_tables(project: Project, name: str) -> list[tuple[object, ...]]:
    # without their place: dbt's threads decide in which order the seeds of a run are written
    return project.query(
        name, "select table_schema, table_name, stage from shardrun.written_tables order by all"
    )


def test_a_run_killed_at_every_named_moment_ends_in_the_very_tables(
    project: Project, record_property: RecordProperty
) -> None:
    for moment, steps_done in MOMENTS:
        run_until(moment, project, "killed", *SHARDED)
        if steps_done:
            done = project.query(
                "killed", "select count(*) from shardrun.steps where status = 'finished'"
            )
            assert done == [(steps_done,)], moment.name
    status = json.loads(project.call("status", "killed.duckdb", "--json").stdout)
    assert {run["status"] for run in status["runs"]} == {"died"}
    assert {step["status"] for step in status["steps"]} == {"died", "finished"}
    ended = project.run("killed", *SHARDED)
    assert ended.returncode == 0, ended.stderr
    assert "already holds this run, finished" in ended.stderr
    *died, last = project.query("killed", "select status from shardrun.runs order by rowid")
    assert (set(died), last) == ({("died",)}, ("finished",))
    assert project.digest("killed") == project.digest("default")
    assert written_tables(project, "killed") == written_tables(project, "default")
    assert not project.shards_folder("killed").exists()
    record_property("kills at a named moment survived", len(MOMENTS))


@pytest.mark.parametrize(
    "moment",
    [
        Moment("inside the removal of the years", LEDGER, "Ledger.supersede", "after"),
        Moment("before the first year again", LEDGER, "Ledger.begin_step"),
    ],
    ids=lambda moment: moment.name,
)
def test_years_run_again_survive_a_kill(
    project: Project, moment: Moment, record_property: RecordProperty
) -> None:
    before = project.digest("default")
    run_until(moment, project, "default", "--from-year", "2028")
    project.must_run("default")
    assert project.digest("default") == before
    record_property("kills at a named moment survived", 1)


def test_a_database_is_not_lost_to_a_fresh_run_that_is_killed_before_its_first_step_is_done(
    project: Project, record_property: RecordProperty
) -> None:
    before = project.digest("default")
    moment = Moment(
        "before the old one goes", "shardrun.database.run_folder", "RunFolder.discard_superseded"
    )
    run_until(moment, project, "default", "--fresh")
    assert project.run("default").returncode == 0
    assert project.digest("default") == before
    record_property("kills at a named moment survived", 1)
