"""Promises about the database of an ensemble: its statistics, and what it lets be added."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from random import Random

import duckdb
import numpy as np
import pytest

from shardrun.config.overrides import with_overrides
from shardrun.config.simulation import SimulationConfig, load_config
from shardrun.console.ensemble import ensemble_document
from shardrun.database.ownership import check_ownership
from shardrun.ensembles.database import write_ensemble
from shardrun.ensembles.ensemble import EnsembleRequest, accept_ensemble
from shardrun.ensembles.headline_figures import HeadlineFigure, headline_figures
from shardrun.ensembles.member_results import MemberFailure, MemberResult
from shardrun.ensembles.members import Member, members_of
from shardrun.ensembles.records import MadeFrom, is_ensemble, read_ensemble
from shardrun.errors import DatabaseError, DatabaseInUseError, InputError
from shardrun.ledger.fingerprints import Fingerprints
from shardrun.ledger.ledger import Ledger
from shardrun.runs.outcome import SummaryTable
from shardrun.sharding.sizing import RunShare

PROJECT = Path(__file__).parents[1] / "projects" / "tiny"
COLUMNS = ("simulation_year", "hires", "growth_rate", "pay", "note", "updated", "is_sound")


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "it's an ensemble.duckdb"


def record_member(database: Path, member: Member, ended: MemberResult) -> None:
    with write_ensemble(database) as writer:
        writer.record_member(member, ended)


def record_scenarios(database: Path, made_from: Mapping[str, MadeFrom]) -> None:
    with write_ensemble(database) as writer:
        writer.record_scenarios(made_from)


def result(seed: int) -> MemberResult:
    return MemberResult(f"seed {seed}", 1.5, figures=figures(seed), digest=f"d{seed}")


def figures(seed: int) -> tuple[HeadlineFigure, ...]:
    return headline_figures(summary(seed), "simulation_year")


def summary(seed: int) -> SummaryTable:
    random = Random(seed)
    rows = tuple(
        (
            year,
            random.randrange(1000),
            random.random(),
            Decimal(random.randrange(10**15)) / 100,
            "note",
            date(2025, 1, 1),
            True,
        )
        for year in (2025, 2026)
    )
    return SummaryTable(COLUMNS, rows)


def test_statistics_are_those_of_numpy_whatever_the_order_in_which_members_ended(
    tmp_path: Path,
) -> None:
    seeds = [*range(1, 8), 2**64 - 1]
    read = []
    for order in (seeds, seeds[::-1]):
        database = tmp_path / f"{order[0]}.duckdb"
        for seed in order:
            record_member(database, Member("", seed), result(seed))
        read.append(read_ensemble(database).statistics)
    assert read[0] == read[1]
    assert [row.figure for row in read[0]] == [
        figure for figure in ("hires", "growth_rate", "pay") for _ in range(2)
    ]
    assert {row.figure for row in read[0] if row.is_count} == {"hires"}
    for row in read[0]:
        values = [
            figure.value
            for seed in seeds
            for figure in figures(seed)
            if (figure.year, figure.name) == (row.year, row.figure)
        ]
        assert row.members == len(values) == 8
        expected = [
            np.mean(values),
            *np.quantile(values, [0.1, 0.5, 0.9]),
            np.std(values, ddof=1) / np.sqrt(8),
        ]
        assert [row.mean, row.p10, row.p50, row.p90, row.standard_error] == pytest.approx(
            expected, rel=1e-12
        )


def test_a_member_that_runs_again_counts_once_and_one_that_failed_not_at_all(
    database: Path,
) -> None:
    failed = MemberResult("seed 2", 0.5, failure=MemberFailure("a model broke", 3))
    record_member(database, Member("fast", 1), result(1))
    record_member(database, Member("fast", 2), failed)
    record_member(database, Member("fast", 3), failed)
    record_member(database, Member("fast", 3), result(3))
    record_member(database, Member("fast", 1), result(1))
    ensemble = read_ensemble(database)
    assert {row.members for row in ensemble.statistics} == {2}
    assert ensemble.done == {Member("fast", 1), Member("fast", 3)}
    (broken,) = (record for record in ensemble.members if not record.finished)
    assert (broken.member, broken.error, broken.digest) == (
        Member("fast", 2),
        "a model broke",
        None,
    )
    assert ensemble_document(ensemble, database)["success"] is False


def test_scenarios_are_held_against_the_configuration_seed_by_seed(database: Path) -> None:
    for scenario in ("", "more"):
        for seed in (1, 2, 3):
            hires = HeadlineFigure(2025, "hires", seed * 100 + (7 if scenario else 0))
            record_member(database, Member(scenario, seed), MemberResult("", 1.0, figures=(hires,)))
    record_member(database, Member("more", 4), result(4))  # whose seed the configuration lacks
    ensemble = read_ensemble(database)
    assert ensemble.base == ""
    (difference,) = ensemble.differences
    assert (difference.scenario, difference.members, difference.mean) == ("more", 3, 7.0)
    assert difference.standard_error == 0.0, "chance cancels out"
    told = ensemble_document(ensemble, database)["differences"]
    assert isinstance(told, list)
    assert [(row["base"], row["scenario"], row["mean"]) for row in told] == [(None, "more", 7.0)]


def test_one_member_has_no_error_to_tell(database: Path) -> None:
    record_member(database, Member("", 1), result(1))
    assert {row.standard_error for row in read_ensemble(database).statistics} == {None}


def test_a_run_without_a_yearly_summary_has_no_headline_figures() -> None:
    for given in (None, SummaryTable(("rabbits",), ((1,),))):
        with pytest.raises(InputError, match=r"a row for each month.*workflow\.summary_model"):
            headline_figures(given, "month")


def test_an_ensemble_is_not_taken_for_a_run_nor_a_run_for_an_ensemble(
    database: Path, tmp_path: Path
) -> None:
    record_member(database, Member("", 1), result(1))
    assert is_ensemble(database)
    with pytest.raises(DatabaseError, match="holds an ensemble, not a run"):
        check_ownership(database)
    run = tmp_path / "run.duckdb"
    with duckdb.connect(run) as connection:
        Ledger(connection.cursor, run).begin_run(2025, 2025, 1, {}, Fingerprints({}, {}, "p"))
    assert not is_ensemble(run)
    with pytest.raises(DatabaseError, match="holds no ensemble"):
        read_ensemble(run)


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SimulationConfig:
    monkeypatch.chdir(tmp_path)
    shutil.copytree(PROJECT, "tiny")
    return load_config(Path("tiny/simulation_config.yaml"))


def request(
    database: Path, *configs: SimulationConfig, seeds: Sequence[int] = (1, 2, 3), **changes: bool
) -> EnsembleRequest:
    named = {f"s{place}" if place else "": config for place, config in enumerate(configs)}
    return EnsembleRequest(
        database=database,
        configs=named,
        members=members_of(tuple(named), seeds),
        import_inputs=lambda folder: {scenario: {} for scenario in named},
        share=RunShare(1, 1, 500),
        **changes,
    )


def test_members_that_are_done_are_not_run_again_and_more_seeds_may_follow(
    config: SimulationConfig, database: Path
) -> None:
    first = accept_ensemble(request(database, config))
    assert first.pending == (Member("", 1), Member("", 2), Member("", 3))
    record_scenarios(database, first.made_from)
    for seed in (1, 3):
        record_member(database, Member("", seed), result(seed))
    assert accept_ensemble(request(database, config)).pending == (Member("", 2),)
    more = with_overrides(config, threads=1)
    assert accept_ensemble(request(database, more, more, seeds=(1, 4))).pending == (
        Member("s1", 1),
        Member("", 4),
        Member("s1", 4),
    )
    kept = accept_ensemble(request(database, config, keep_members=True))
    assert len(kept.pending) == 3, "their databases are gone, and wanted"


def test_members_made_from_something_else_are_not_mixed(
    config: SimulationConfig, database: Path
) -> None:
    record_scenarios(database, accept_ensemble(request(database, config)).made_from)
    before = database.read_bytes()
    with Path("tiny/models/int_opening.sql").open("a") as model:
        model.write("\n-- changed")
    changed = with_overrides(config, end_year=2026)
    with pytest.raises(InputError) as refused:
        accept_ensemble(request(database, changed))
    assert "project: a file" in str(refused.value)
    assert "end_year: 2027 -> 2026" in str(refused.value)
    assert database.read_bytes() == before
    assert accept_ensemble(request(database, changed, fresh=True)).pending


def test_a_database_that_holds_no_ensemble_is_left_alone(
    config: SimulationConfig, database: Path
) -> None:
    with duckdb.connect(database) as connection:
        connection.execute("create table salaries (id integer)")
    before = database.read_bytes()
    for fresh in (False, True):
        with pytest.raises(DatabaseError, match="was not made by shardrun"):
            accept_ensemble(request(database, config, fresh=fresh))
    assert database.read_bytes() == before


def test_an_ensemble_needs_a_summary(config: SimulationConfig, database: Path) -> None:
    workflow = config.workflow.model_copy(update={"summary_model": None})
    with pytest.raises(InputError, match=r"workflow\.summary_model"):
        accept_ensemble(request(database, config.model_copy(update={"workflow": workflow})))
    assert not database.exists()


def test_an_ensemble_whose_database_somebody_has_open_is_refused(database: Path) -> None:
    record_member(database, Member("", 1), result(1))
    reader = subprocess.Popen(
        [
            *(sys.executable, "-c"),
            "import duckdb, sys; reader = duckdb.connect(sys.argv[1], read_only=True);"
            "print(flush=True); sys.stdin.read()",
            str(database),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert reader.stdout is not None
    reader.stdout.readline()
    with pytest.raises(DatabaseInUseError), write_ensemble(database):
        pass
    reader.communicate()
