"""Promises of `shardrun run --shards`: the same result, nothing left about, all of it told."""

import json

import duckdb
import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from tests.support.sharded_runs import EVENTS, Project
from tests.support.workforce import write_census

pytestmark = pytest.mark.integration

YEAR = "2027"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project with a run on the default path in it, called `default`."""
    project = Project.linked(tmp_path_factory.mktemp("sharded"), 400, YEAR)
    project.must_run("default")
    return project


@pytest.mark.parametrize(
    ("shards", "how"),
    [
        (2, ("--workers", "1")),
        (3, ("--executor", "inline", "--threads", "1")),
        (8, ("--workers", "4")),
        (5, ("--debug",)),
    ],
)
def test_any_shards_workers_and_executor_give_the_default_path_s_tables_row_by_row(
    project: Project, shards: int, how: tuple[str, ...]
) -> None:
    name = f"shards{shards}"
    project.must_run(name, "--shards", str(shards), *how)
    assert project.digest(name) == project.digest("default")
    assert project.events_as_they_lie(name) == project.events_as_they_lie("default")
    assert not project.shards_folder(name).exists()


def assert_shards_change_nothing(project: Project, people: int, seed: int, shards: int) -> None:
    write_census(project.folder / "drawn.parquet", people, int(YEAR))
    config = project.folder / "drawn.yaml"
    config.write_text(f"project: {{project_dir: dbt}}\nsimulation: {{random_seed: {seed}}}\n")
    flags = ("--config", "drawn.yaml", "--census", "drawn.parquet", "--fresh")
    project.must_run("drawn", *flags)
    project.must_run("drawn_apart", *flags, "--shards", str(shards), "--executor", "inline")
    assert project.digest("drawn_apart") == project.digest("drawn")
    assert project.events_as_they_lie("drawn_apart") == project.events_as_they_lie("drawn")
    [(empty,)] = project.query("drawn_apart", "select count(*) from shardrun.shards where rows = 0")
    [(eventful,)] = project.query("drawn", f"select count(distinct employee_id) from {EVENTS}")
    assert empty >= shards - eventful


any_population = given(
    people=st.integers(1, 120), seed=st.integers(0, 2**64 - 1), shards=st.integers(2, 16)
)
quickly = settings(
    max_examples=2,  # the first is always one person in two shards, one of which is empty
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@quickly
@any_population
def test_no_population_seed_or_number_of_shards_changes_an_event(
    project: Project, people: int, seed: int, shards: int
) -> None:
    assert_shards_change_nothing(project, people, seed, shards)


@pytest.mark.slow
@settings(quickly, max_examples=12)
@example(people=7, seed=42, shards=16)
@any_population
def test_none_of_many_populations_seeds_and_numbers_of_shards_changes_an_event(
    project: Project, people: int, seed: int, shards: int
) -> None:
    assert_shards_change_nothing(project, people, seed, shards)


def test_one_shard_by_config_is_a_shard_and_by_flag_the_default_path(project: Project) -> None:
    config = project.folder / "one.yaml"
    config.write_text(
        "project: {project_dir: dbt}\n"
        "performance: {event_sharding: {enabled: true, shard_count: 1, executor: inline}}\n"
    )
    project.must_run("one", "--config", "one.yaml")
    project.must_run("flag", "--config", "one.yaml", "--shards", "1")
    assert project.digest("one") == project.digest("flag") == project.digest("default")
    assert project.query("one", "select count(*) from shardrun.shards") == [(1,)]
    assert project.query("flag", "select count(*) from shardrun.shards") == [(0,)]


def test_every_shard_is_told_in_the_ledger_in_json_and_on_the_way(project: Project) -> None:
    run = project.run("told", "--shards", "3", "--workers", "2", "--json")
    document = json.loads(run.stdout)
    told = document["shards"]
    assert [(shard["year"], shard["shard"], shard["of"]) for shard in told] == [
        (2027, index, 3) for index in range(3)
    ]
    assert {(shard["status"], shard["tries"]) for shard in told} == {("finished", 1)}
    assert all(shard["worker"] and shard["seconds"] > 0 for shard in told)
    assert all(shard["peak_memory"] > 10_000_000 for shard in told)
    [(events,)] = project.query("told", f"select count(*) from {EVENTS}")
    assert sum(shard["rows"] for shard in told) == events
    ledger = project.query("told", "select sum(rows), count(*) from shardrun.shards")
    assert ledger == [(events, 3)]
    workers = {shard["worker"]: shard["peak_memory"] for shard in told}
    steps = {step["stage"]: step for step in document["steps"]}
    assert steps["event_generation"]["peak_memory"] > sum(workers.values())
    assert run.stderr.count("shard 2 of 3") == 1
    assert run.stderr.count("union of 3") == 1


def test_kept_shards_are_the_owner_s_alone_and_hold_the_year(project: Project) -> None:
    project.must_run("kept", "--shards", "2", "--keep-shards")
    folder = project.shards_folder("kept")
    files = sorted(folder.iterdir())
    assert [file.name for file in files] == [
        f"events_y2027_shard{index}.duckdb" for index in (0, 1)
    ]
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
    held = 0
    for file in files:
        with duckdb.connect(file, read_only=True) as connection:
            [(rows,)] = connection.execute(f"select count(*) from {EVENTS}").fetchall()
        held += rows
    assert project.query("kept", f"select count(*) from {EVENTS}") == [(held,)]


def test_auto_stays_on_threads_where_they_win_and_says_why(project: Project) -> None:
    run = project.run("auto", "--shards", "auto")
    assert run.returncode == 0, run.stderr
    assert "1 shards: 400 entities need about" in run.stderr
    assert "threads are as fast" in run.stderr
    assert project.query("auto", "select count(*) from shardrun.shards") == [(0,)]


def test_too_little_memory_for_the_workers_is_refused_before_anything_is_written(
    project: Project,
) -> None:
    run = project.run("small", "--shards", "4", "--workers", "4", "--memory-limit", "0.5GB")
    assert run.returncode == 2
    assert "too little for 4 workers" in run.stderr
    assert not project.database("small").exists()


def test_a_run_may_go_on_with_other_shards_or_none_and_end_the_same(project: Project) -> None:
    longer = Project(project.folder, "2027-2029")
    project.must_run("mixed", "--shards", "2")
    Project(project.folder, "2027-2028").must_run("mixed", "--shards", "3", "--workers", "1")
    longer.must_run("mixed")
    longer.must_run("longer")
    assert project.digest("mixed") == project.digest("longer")
    assert project.events_as_they_lie("mixed") == project.events_as_they_lie("longer")
