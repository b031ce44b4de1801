"""Promises about what is checked before a run: all of it, and nothing is changed by a refusal."""

import shutil
from pathlib import Path

import duckdb
import pytest

from shardrun.config.overrides import with_overrides
from shardrun.config.simulation import SimulationConfig, load_config
from shardrun.errors import (
    CensusError,
    DatabaseError,
    DatabaseInUseError,
    InputError,
    ProjectError,
)
from shardrun.ledger.ledger import Ledger
from shardrun.ledger.records import Status
from shardrun.runs.preflight import AcceptedRun, accept_run, hold_database
from shardrun.stages import WorkflowStage

PROJECT = Path(__file__).parents[1] / "projects" / "tiny"


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SimulationConfig:
    monkeypatch.chdir(tmp_path)
    shutil.copytree(PROJECT, "tiny")
    return load_config(Path("tiny/simulation_config.yaml"))


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "run [1] of 'mine'.duckdb"


def import_rabbits(target: Path) -> None:
    with duckdb.connect() as connection:
        connection.table_function("range", [3]).write_parquet(str(target))


def import_more_rabbits(target: Path) -> None:
    with duckdb.connect() as connection:
        connection.table_function("range", [4]).write_parquet(str(target))


def refuse_rabbits(target: Path) -> None:
    target.write_bytes(b"half")
    raise CensusError("row 3: not a rabbit")


def record(accepted: AcceptedRun, *, steps: int, status: Status | None = None) -> None:
    """Write the database that a run of so many steps would leave; without a status, it died."""
    years = accepted.config.simulation
    with duckdb.connect(accepted.folder.database) as connection:
        ledger = Ledger(connection.cursor, accepted.folder.database)
        ledger.begin_run(
            years.start_year, years.end_year, years.random_seed, {}, accepted.fingerprints
        )
        for step in accepted.plan[:steps]:
            ledger.begin_step(step.stage, step.year)
            ledger.end_step(step.stage, step.year, Status.FINISHED, seconds=1.0)
        if status is not None:
            ledger.end_run(status)


def test_a_new_run_has_everything_to_do(config: SimulationConfig, database: Path) -> None:
    accepted = accept_run(config, database, {"rabbits": import_rabbits})
    assert accepted.done == frozenset()
    assert not accepted.finished
    assert accepted.folder.incoming_input("rabbits").exists()
    assert not database.exists()


def test_an_unfinished_run_goes_on(config: SimulationConfig, database: Path) -> None:
    record(accept_run(config, database, {}), steps=3)
    accepted = accept_run(config, database, {})
    assert accepted.done == {
        (WorkflowStage.INITIALIZATION, 2025),
        (WorkflowStage.FOUNDATION, 2025),
        (WorkflowStage.EVENT_GENERATION, 2025),
    }
    assert not accepted.finished


def test_a_finished_run_is_known_and_may_have_more_years(
    config: SimulationConfig, database: Path
) -> None:
    record(accept_run(config, database, {}), steps=100)
    assert accept_run(config, database, {}).finished
    longer = accept_run(with_overrides(config, end_year=2029), database, {})
    pending = [step for step in longer.plan if (step.stage, step.year) not in longer.done]
    assert pending[0].stage is WorkflowStage.FOUNDATION
    assert pending[0].year == 2028
    assert pending[-1].stage is WorkflowStage.REPORTING


def test_a_run_that_died_after_its_last_step_has_its_end_still_to_come(
    config: SimulationConfig, database: Path
) -> None:
    record(accept_run(config, database, {"rabbits": import_rabbits}), steps=100)
    accepted = accept_run(config, database, {"rabbits": import_rabbits})
    assert (accepted.finished, accepted.is_over) == (True, False)
    assert accepted.folder.incoming_input("rabbits").exists()
    record(accepted, steps=0, status=Status.FINISHED)
    assert accept_run(config, database, {"rabbits": import_rabbits}).is_over
    assert not accepted.folder.incoming.exists()


def test_other_threads_may_go_on(config: SimulationConfig, database: Path) -> None:
    record(accept_run(config, database, {}), steps=3)
    assert accept_run(with_overrides(config, threads=1), database, {}).done


def test_all_that_changed_is_named_and_nothing_is_touched(
    config: SimulationConfig, database: Path
) -> None:
    record(accept_run(config, database, {"rabbits": import_rabbits}), steps=3)
    before = database.read_bytes()
    Path("tiny/models/int_opening.sql").write_text("select 1")
    with pytest.raises(InputError) as refusal:
        accept_run(
            with_overrides(config, start_year=2026), database, {"rabbits": import_more_rabbits}
        )
    said = str(refusal.value)
    assert "config start_year: 2025 -> 2026" in said
    assert "rabbits: its rows" in said
    assert "project: a file" in said
    assert "--fresh" in said
    assert database.read_bytes() == before


def test_fewer_years_than_the_database_holds_are_refused(
    config: SimulationConfig, database: Path
) -> None:
    record(accept_run(config, database, {}), steps=100)
    with pytest.raises(InputError, match="end_year: 2027 -> 2026"):
        accept_run(with_overrides(config, end_year=2026), database, {})


@pytest.mark.parametrize("killed", ["as it makes the file", "before its ledger", "before its row"])
def test_a_database_in_which_nothing_is_yet_is_gone_on_with(
    config: SimulationConfig, database: Path, killed: str
) -> None:
    if killed == "as it makes the file":
        database.touch()
    else:
        with duckdb.connect(database) as connection:
            if killed == "before its row":
                Ledger(connection.cursor, database)
    accepted = accept_run(config, database, {})
    assert accepted.done == frozenset()


def test_a_fresh_run_replaces_whatever_changed(config: SimulationConfig, database: Path) -> None:
    record(accept_run(config, database, {}), steps=100)
    accepted = accept_run(with_overrides(config, start_year=2026), database, {}, fresh=True)
    assert accepted.replaces
    assert accepted.done == frozenset()


def test_a_fresh_run_does_not_replace_a_strangers_database(
    config: SimulationConfig, database: Path
) -> None:
    with duckdb.connect(database) as connection:
        connection.execute("create table salaries (id integer)")
    before = database.read_bytes()
    with pytest.raises(DatabaseError, match="did not make"):
        accept_run(config, database, {}, fresh=True)
    assert database.read_bytes() == before


def test_a_refused_input_leaves_no_trace(config: SimulationConfig, database: Path) -> None:
    around = set(database.parent.iterdir())
    with pytest.raises(CensusError):
        accept_run(config, database, {"rabbits": refuse_rabbits})
    assert set(database.parent.iterdir()) == around


def test_a_fresh_run_that_died_in_its_first_step_has_not_cost_the_old_database(
    config: SimulationConfig, database: Path
) -> None:
    accepted = accept_run(config, database, {})
    record(accepted, steps=100)
    accepted.folder.create()
    accepted.folder.set_database_aside()
    database.write_bytes(b"half a database")
    assert accept_run(config, database, {}).finished


def test_a_database_named_through_a_link_has_one_folder_and_one_lock(
    config: SimulationConfig, database: Path
) -> None:
    named = database.with_name("latest.duckdb")
    named.symlink_to(database)
    accepted = accept_run(config, named, {"rabbits": import_rabbits})
    assert accepted.folder == accept_run(config, database, {"rabbits": import_rabbits}).folder
    record(accepted, steps=1)
    accepted.folder.set_database_aside()
    assert named.is_symlink()
    with hold_database(named), pytest.raises(DatabaseInUseError), hold_database(database):
        pass
    assert not list(database.parent.glob("latest.shardrun"))


def test_a_config_without_a_project_is_refused(config: SimulationConfig, database: Path) -> None:
    shutil.rmtree("tiny")
    with pytest.raises(ProjectError, match="no dbt project at tiny"):
        accept_run(config, database, {})


def test_shards_of_a_project_that_names_no_event_table_are_refused(
    config: SimulationConfig, database: Path
) -> None:
    with pytest.raises(InputError, match=r"workflow\.event_table"):
        accept_run(with_overrides(config, shards=4), database, {})
    assert not database.exists()
