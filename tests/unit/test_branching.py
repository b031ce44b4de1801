"""Promises about branches that need no dbt: what one is made of, and what is refused."""

import shutil
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from shardrun.config.overrides import with_overrides
from shardrun.config.simulation import SimulationConfig, load_config
from shardrun.database.connection import ALIAS, open_database
from shardrun.ensembles.database import write_ensemble
from shardrun.ensembles.ensemble import EnsembleRequest, accept_ensemble
from shardrun.ensembles.members import members_of
from shardrun.errors import DatabaseError, DatabaseInUseError, InputError
from shardrun.ledger.ledger import Ledger
from shardrun.ledger.reader import read_ledger
from shardrun.ledger.records import LedgerContents, Status
from shardrun.runs.branching import BranchPoint, branch_point, create_branch
from shardrun.runs.preflight import AcceptedRun, accept_run
from shardrun.sharding.sizing import RunShare
from shardrun.stages import WorkflowStage
from shardrun.workforce.parameters import WorkforceConfig

PROJECT = Path(__file__).parents[1] / "projects" / "tiny"
YEARLY = (
    WorkflowStage.FOUNDATION,
    WorkflowStage.EVENT_GENERATION,
    WorkflowStage.STATE_ACCUMULATION,
    WorkflowStage.VALIDATION,
)


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SimulationConfig:
    monkeypatch.chdir(tmp_path)
    shutil.copytree(PROJECT, "tiny")
    return load_config(Path("tiny/simulation_config.yaml"))


@pytest.fixture
def source(config: SimulationConfig, tmp_path: Path) -> Path:
    """A database as a run of 2025 to 2027 leaves it, with a row a year, and a table without."""
    database = tmp_path / "it's the base.duckdb"
    accepted = accept_run(config, database, {})
    with duckdb.connect(database) as connection:
        ledger = Ledger(connection.cursor, database)
        ledger.begin_run(2025, 2027, 42, {}, accepted.fingerprints)
        for step in accepted.plan:
            ledger.begin_step(step.stage, step.year)
            ledger.end_step(step.stage, step.year, Status.FINISHED, seconds=1.0)
        ledger.end_run(Status.FINISHED)
        connection.execute(
            "create table fct_rabbits as select unnest(range(2025, 2028)) as simulation_year"
        )
        connection.execute("create table stg_rabbits as select 2 as rabbits")
    return database


def other_seed(config: SimulationConfig) -> SimulationConfig:
    return with_overrides(config, random_seed=7)


def branched(config: SimulationConfig, source: Path, year: int = 2027) -> AcceptedRun:
    """Make a branch, as a run does that is killed before its first step."""
    accepted = accept_run(
        config, source.with_name("branch.duckdb"), {}, branch=BranchPoint(source, year)
    )
    assert accepted.branch is not None
    create_branch(accepted.branch, accepted.folder, accepted.config, accepted.fingerprints)
    return accepted


def ledger_of(database: Path) -> LedgerContents:
    with open_database(database) as connection:
        return read_ledger(connection, ALIAS)


def test_a_branch_holds_the_years_before_and_knows_whose_they_are(
    config: SimulationConfig, source: Path
) -> None:
    before = source.read_bytes()
    accepted = branched(other_seed(config), source)
    with duckdb.connect(accepted.folder.database, read_only=True) as connection:
        years = connection.execute("select simulation_year from fct_rabbits order by all")
        assert years.fetchall() == [(2025,), (2026,)]
        assert connection.execute("from stg_rabbits").fetchall() == [(2,)]
    ledger = ledger_of(accepted.folder.database)
    assert ledger.done == {(stage, year) for stage in YEARLY for year in (2025, 2026)}
    assert ledger.done == accepted.done
    (record,) = ledger.branches
    assert (record.source, record.year) == (source, 2027)
    assert record.source_run_id == ledger_of(source).runs[-1].run_id
    assert source.read_bytes() == before


def test_a_branch_that_died_before_its_first_step_goes_on_with_and_without_being_told_of_its_source(
    config: SimulationConfig, source: Path
) -> None:
    database = branched(other_seed(config), source).folder.database
    told = accept_run(other_seed(config), database, {}, branch=BranchPoint(source, 2027))
    source.unlink()
    untold = accept_run(other_seed(config), database, {})
    for accepted in (told, untold):
        assert accepted.branch is None
        assert accepted.done == {(stage, year) for stage in YEARLY for year in (2025, 2026)}
    with pytest.raises(InputError, match="config random_seed: 7 -> 42"):
        accept_run(config, database, {})


def test_what_a_killed_branching_left_is_no_database_and_is_cleared_away(
    config: SimulationConfig, source: Path
) -> None:
    accepted = accept_run(
        config, source.with_name("branch.duckdb"), {}, branch=BranchPoint(source, 2026)
    )
    accepted.folder.branching_database.write_bytes(b"half a copy")
    accepted.folder.branching_database.with_suffix(".duckdb.wal").write_bytes(b"half a log")
    assert not accepted.folder.database.exists()
    branched(config, source)
    assert not accepted.folder.branching_database.exists()


def test_what_the_source_has_only_in_its_write_ahead_log_is_taken_over(
    config: SimulationConfig, source: Path, tmp_path: Path
) -> None:
    crashed = tmp_path / "crashed.duckdb"
    with duckdb.connect(source) as connection:
        connection.execute("set checkpoint_threshold = '1GB'")
        connection.execute("insert into fct_rabbits values (2026)")
        shutil.copyfile(source, crashed)
        shutil.copyfile(f"{source}.wal", f"{crashed}.wal")
    database = branched(config, crashed).folder.database
    with duckdb.connect(database, read_only=True) as connection:
        assert connection.execute("select count(*) from fct_rabbits").fetchall() == [(3,)]


def test_the_years_of_another_run_are_not_run_anew(config: SimulationConfig, source: Path) -> None:
    database = branched(config, source).folder.database
    assert accept_run(config, database, {}, from_year=2027).from_year == 2027
    with pytest.raises(InputError, match=r"2026 is not .*'s own: the years before 2027 are"):
        accept_run(config, database, {}, from_year=2026)


@pytest.mark.parametrize("year", [2024, 2025, 2028])
def test_a_branch_begins_with_a_year_of_the_run_after_its_first(
    config: SimulationConfig, source: Path, year: int
) -> None:
    with pytest.raises(InputError, match=f"can't begin with {year}"):
        branched(config, source, year)


def test_a_branch_may_change_settings_but_nothing_that_earlier_years_were_made_from(
    config: SimulationConfig, source: Path
) -> None:
    Path("tiny/models/int_opening.sql").write_text("select 1")
    stages = dict(config.workflow.stages)
    stages[WorkflowStage.REPORTING] = stages[WorkflowStage.REPORTING].model_copy(
        update={"full_refresh": "always"}
    )
    changed = config.model_copy(
        update={"workflow": config.workflow.model_copy(update={"stages": stages})}
    )
    with pytest.raises(InputError) as refused:
        branched(with_overrides(changed, start_year=2026, random_seed=7), source)
    said = str(refused.value)
    assert "project: a file" in said
    assert "workflow.stages.reporting.full_refresh" in said
    assert "start_year: 2025 -> 2026" in said
    assert "random_seed" not in said
    assert not source.with_name("branch.duckdb").exists()


def test_only_the_first_year_reads_the_scale_of_pay() -> None:
    assert WorkforceConfig().first_year_vars() == {"start_year", "pay_scale"}
    assert WorkforceConfig().first_year_vars() < WorkforceConfig().dbt_vars().keys()


def test_a_source_that_has_not_come_so_far_is_refused(
    config: SimulationConfig, source: Path
) -> None:
    with pytest.raises(InputError, match="has not come to the end of 2028: foundation of 2028"):
        branched(with_overrides(config, end_year=2029), source, 2029)


def test_another_database_is_not_taken_for_the_branch(
    config: SimulationConfig, source: Path, tmp_path: Path
) -> None:
    database = branched(config, source).folder.database
    with pytest.raises(InputError, match=r"no branch of .* from 2026 on"):
        accept_run(config, database, {}, branch=BranchPoint(source, 2026))
    anew = accept_run(config, database, {}, branch=BranchPoint(source, 2026), fresh=True)
    assert anew.replaces
    assert anew.branch == BranchPoint(source, 2026)
    with pytest.raises(InputError, match="can't branch from itself"):
        accept_run(config, source, {}, branch=BranchPoint(source, 2026))
    with pytest.raises(DatabaseError, match="there is no database"):
        branched(config, tmp_path / "nowhere.duckdb")


def test_a_source_that_somebody_writes_to_is_not_copied(
    config: SimulationConfig, source: Path
) -> None:
    accepted = branched(config, source)
    with duckdb.connect(source) as connection:
        connection.execute("select 1")
        assert accepted.branch is not None
        # this process has it open for writing, which DuckDB says in words of its own
        with pytest.raises((DatabaseError, DatabaseInUseError)):
            create_branch(
                replace(accepted.branch, source=source),
                accepted.folder,
                config,
                accepted.fingerprints,
            )


def test_members_that_branch_are_not_mixed_with_those_that_do_not(
    config: SimulationConfig, source: Path, tmp_path: Path
) -> None:
    request = EnsembleRequest(
        database=tmp_path / "ensemble.duckdb",
        configs={"": config},
        members=members_of(("",), (1, 2)),
        import_inputs=lambda folder: {"": {}},
        share=RunShare(1, 1, 500),
        branch=BranchPoint(source, 2027),
    )
    accepted = accept_ensemble(request)
    with write_ensemble(request.database) as writer:
        writer.record_scenarios(accepted.made_from)
    assert accept_ensemble(request).pending == request.members
    with pytest.raises(InputError, match=r"config branch\.year: 2027 -> \(not set\)"):
        accept_ensemble(replace(request, branch=None))
    with pytest.raises(InputError, match=r"config branch\.year: 2027 -> 2026"):
        accept_ensemble(replace(request, branch=BranchPoint(source, 2026)))


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ((Path("a.duckdb"), None, None), "belong together"),
        ((None, 2027, None), "belong together"),
        ((Path("a.duckdb"), 2027, 2026), "give one"),
    ],
)
def test_half_a_branch_is_refused(
    given: tuple[Path | None, int | None, int | None], says: str
) -> None:
    with pytest.raises(InputError, match=says):
        branch_point(*given)
    assert branch_point(None, None, 2026) is None
