"""Promises of the Python API: what the command line does, in the caller's own process."""

from __future__ import annotations

import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from itertools import groupby
from pathlib import Path

import pytest

import shardrun
from shardrun.console.documents import outcome_document
from shardrun.errors import DatabaseError, DatabaseInUseError, InputError, PipelineExecutionError
from shardrun.pipeline.progress import ProgressEvent, RunEnded, StepFinished
from shardrun.runs.preflight import hold_database
from tests.support.in_process import invoke

PROJECT = Path(__file__).parents[1] / "projects" / "tiny"
CONFIG = "tiny/simulation_config.yaml"


def new_folder(folder: Path) -> Path:
    shutil.copytree(PROJECT, folder / "tiny")
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the tiny project in it, which is not the current one."""
    return new_folder(tmp_path_factory.mktemp("api"))


@pytest.fixture(scope="module")
def result(folder: Path) -> shardrun.RunResult:
    return shardrun.run(CONFIG, directory=folder, years=(2025, 2026), database="api.duckdb")


pytestmark = pytest.mark.integration


def test_a_run_returns_its_summary_and_checks(result: shardrun.RunResult, folder: Path) -> None:
    assert result.database == folder / "api.duckdb"
    assert not result.already_finished
    assert [row["closing_rabbits"] for row in result.summary] == [4, 8]
    assert (result.outcome.checks_passed, result.outcome.checks) == (4, 4)


def test_the_command_line_and_the_api_make_the_same_tables(
    result: shardrun.RunResult, folder: Path
) -> None:
    run = invoke(
        *("run", "2025-2026", "--config", CONFIG, "--database", "command.duckdb"), cwd=folder
    )
    assert run.returncode == 0, run.stderr
    equal = invoke("diff", "api.duckdb", "command.duckdb", "--exit-code", cwd=folder)
    assert equal.returncode == 0, equal.stdout


def test_tables_and_queries_are_read_as_polars_pandas_and_arrow(result: shardrun.RunResult) -> None:
    assert "fct_rabbits" in result.tables
    rabbits = result.query(
        "select closing_rabbits from fct_rabbits where simulation_year >= ? order by 1", 2025
    )
    assert rabbits.tuples() == [(4,), (8,)]
    assert rabbits.polars()["closing_rabbits"].to_list() == [4, 8]
    assert rabbits.pandas()["closing_rabbits"].tolist() == [4, 8]
    assert rabbits.arrow().column("closing_rabbits").to_pylist() == [4, 8]
    assert len(result.table("fct_rabbits").tuples()) == 2


def test_rows_that_are_held_hold_up_no_run(result: shardrun.RunResult, folder: Path) -> None:
    held = [result.table("fct_rabbits"), result.table("fct_rabbits").arrow()]
    shutil.copy(result.database, folder / "held.duckdb")
    copied = shardrun.read_run(folder / "held.duckdb")
    held += [copied.table("fct_rabbits"), copied.table("fct_rabbits").polars()]
    longer = shardrun.run(CONFIG, directory=folder, years="2025-2027", database="held.duckdb")
    assert len(longer.summary) == 3
    assert len(held[2].tuples()) == 3


def test_a_finished_run_says_so_and_is_read_again_as_it_was(
    result: shardrun.RunResult, folder: Path
) -> None:
    remarks: list[str] = []
    again = shardrun.run(
        CONFIG,
        directory=folder,
        years=(2025, 2026),
        database="api.duckdb",
        remark=remarks.append,
    )
    assert again.already_finished
    assert "finished" in remarks[-1]
    tiny = shardrun.SimulationConfig.model_validate({"workflow": {"summary_model": "rpt_rabbits"}})
    for same in (again, shardrun.read_run(result.database, tiny)):
        documents = [
            outcome_document(found.outcome, already_finished=True) for found in (same, result)
        ]
        assert documents[0] == documents[1]


def test_a_task_in_a_thread_hears_how_its_run_gets_on(folder: Path) -> None:
    events: list[ProgressEvent] = []
    config = shardrun.SimulationConfig.model_validate(
        {"project": {"project_dir": "tiny"}, "workflow": {"summary_model": "rpt_rabbits"}}
    )
    with ThreadPoolExecutor(1) as pool:
        ran = pool.submit(
            shardrun.run,
            config,
            directory=folder,
            years=2025,
            seed=7,
            database="thread.duckdb",
            listener=events.append,
        ).result()
    assert ran.outcome.run.random_seed == 7
    assert sum(isinstance(event, StepFinished) for event in events) == len(ran.outcome.steps)
    assert events[-1] == RunEnded(True, events[-1].seconds)


def test_threads_of_one_process_run_one_after_the_other(folder: Path) -> None:
    at_work: list[str] = []

    def simulate(name: str) -> shardrun.RunResult:
        def listen(_: ProgressEvent) -> None:
            at_work.append(name)

        return shardrun.run(
            CONFIG, directory=folder, years=2025, database=f"{name}.duckdb", listener=listen
        )

    with ThreadPoolExecutor(2) as pool:
        both = list(pool.map(simulate, ["one", "two"]))
    assert [row["closing_rabbits"] for result in both for row in result.summary] == [4, 4]
    assert len([name for name, _ in groupby(at_work)]) == 2


def test_a_failure_is_raised_and_the_same_call_goes_on_from_there(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def simulate() -> shardrun.RunResult:
        return shardrun.run(CONFIG, directory=folder, years=2025, database="failing.duckdb")

    monkeypatch.setenv("TINY_FAILS_IN", "2025")
    with pytest.raises(PipelineExecutionError, match="fct_rabbits"):
        simulate()
    monkeypatch.delenv("TINY_FAILS_IN")
    assert len(simulate().summary) == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"config": "nowhere.yaml"}, "nowhere.yaml"),
        ({"years": (2029, 2025)}, "before the first"),
        ({"years": "soon"}, "is not a range"),
        ({"threads": 0}, "too small"),
        ({"seed": -1}, "seed"),
        ({"memory_limit": "lots"}, "amount of memory"),
        ({"census": "staff.csv"}, "takes no census"),
        ({"database": "nowhere/x.duckdb"}, "does not exist"),
        ({"config": shardrun.SimulationConfig(), "scenario": "growth"}, "over a file"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_what_is_refused_is_raised_and_nothing_is_written(
    arguments: dict[str, object], said: str, tmp_path: Path
) -> None:
    folder = new_folder(tmp_path)
    around = sorted(folder.rglob("*"))
    with pytest.raises(InputError, match=said):
        shardrun.run(**{"config": CONFIG, "directory": folder, **arguments})
    assert sorted(folder.rglob("*")) == around


def test_wrong_names_and_queries_are_refused_with_what_there_is(result: shardrun.RunResult) -> None:
    with pytest.raises(InputError, match='did you mean "fct_rabbits"'):
        result.table("fct_rabbit")
    with pytest.raises(InputError, match="no_such_table"):
        result.query("from no_such_table").tuples()
    with pytest.raises(InputError, match="not one select"):
        result.query("drop table fct_rabbits").tuples()
    with pytest.raises(DatabaseError, match="no database"):
        shardrun.read_run("nowhere.duckdb")


def test_a_run_at_work_keeps_another_away(result: shardrun.RunResult, folder: Path) -> None:
    with hold_database(result.database), pytest.raises(DatabaseInUseError):
        shardrun.run(CONFIG, directory=folder, years=2025, database="api.duckdb")


def test_the_scenario_of_a_folder_lies_over_its_configuration(folder: Path) -> None:
    from shardrun.runs.settings import configure

    repository = Path(__file__).parents[2]
    config = configure(None, directory=repository, scenario="high_growth", census=Path("c.csv"))
    assert isinstance(config, shardrun.WorkforceConfig)
    assert config.simulation.target_growth_rate == Decimal("0.04")
    assert config.project.project_dir == repository / "dbt"
    assert config.census.path == repository / "c.csv"


def test_importing_the_package_loads_neither_dbt_nor_anything_slow() -> None:
    loaded = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys, shardrun\n"
            "assert not {'duckdb', 'pydantic', 'rich'} & sys.modules.keys()\n"
            "shardrun.run, shardrun.run_ensemble, shardrun.WorkforceConfig\n"
            "assert not {'dbt', 'polars', 'pandas', 'pyarrow', 'typer'} & sys.modules.keys()\n",
        ],
        check=False,
        capture_output=True,
        text=True,
    )
    assert loaded.returncode == 0, loaded.stderr


def test_everything_public_is_there_and_nothing_else_is_promised() -> None:
    assert sorted(shardrun.__all__) == [
        "EnsembleResult",
        "ResultRows",
        "RunResult",
        "ShardrunError",
        "SimulationConfig",
        "WorkforceConfig",
        "__version__",
        "read_ensemble",
        "read_run",
        "run",
        "run_ensemble",
        "run_scenarios",
    ]
    assert all(getattr(shardrun, name) for name in shardrun.__all__)
    with pytest.raises(AttributeError, match="no attribute 'walk'"):
        _ = shardrun.walk
