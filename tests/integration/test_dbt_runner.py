"""The runner's promises to its callers: results, logs, failures, and the database it holds."""

from __future__ import annotations

import logging
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from argparse import Namespace
from collections.abc import Callable, Mapping
from pathlib import Path

import duckdb
import psutil
import pytest

from shardrun.config.workflow import StageConfig
from shardrun.dbt_runner import DbtRunner, failure_message
from shardrun.errors import DatabaseError, DatabaseInUseError, ProjectError
from shardrun.stages import WorkflowStage

pytestmark = pytest.mark.integration

PROFILES = (Path(__file__).parents[1] / "projects/year_is_data/profiles.yml").read_text()
FILE_PROFILE = """\
year_is_data:
  target: dev
  outputs: {dev: {type: duckdb, path: "{{ env_var('SHARDRUN_DATABASE') }}"}}
"""
PROJECT = {
    "dbt_project.yml": "name: small\nprofile: year_is_data\nmodels: {+materialized: table}\n",
    "profiles.yml": PROFILES,
    "models/base.sql": "{{ config(tags=['BASE']) }}select {{ var('simulation_year') }} as y",
    "models/reader.sql": "select y + 1 as y from {{ ref('base') }}",
    "models/base.yml": "models: [{name: base, columns: [{name: y, data_tests: [not_null]}]}]",
}
OPEN_TO_WRITE = "import duckdb, sys; duckdb.connect(sys.argv[1]).execute('checkpoint')"
ENDLESS = "select count(*) as y from range(1000000000000) where range % 7 = 9"
HOLD = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print(flush=True); sys.stdin.read()"


def project(folder: Path, files: Mapping[str, str | None] | None = None) -> Path:
    for name, text in {**PROJECT, **(files or {})}.items():
        if text is not None:
            path = folder / "project" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    return folder / "project"


def runner(
    folder: Path, files: Mapping[str, str | None] | None = None, **more: object
) -> DbtRunner:
    settings = {
        "run_dir": folder / "run",
        "env": {"SHARDRUN_DATABASE": str(folder / "small.duckdb")},
        "base_vars": {"simulation_year": 2025},
    }
    return DbtRunner(project(folder, files), **{**settings, **more})  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def _released() -> None:
    """What dbt keeps in the process is as before its first use: DuckDB's instance, the flags."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.flags import set_flags

    set_flags(Namespace(USE_COLORS=True))
    if environment := DuckDBConnectionManager._ENV:
        environment.close()
    DuckDBConnectionManager.close_all_connections()


def another_process_can_write(database: Path) -> bool:
    command = [sys.executable, "-c", OPEN_TO_WRITE, str(database)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def files_under(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def test_importing_the_runner_imports_no_dbt() -> None:
    code = "import sys, shardrun.dbt_runner; sys.exit('dbt.cli.main' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("mode", ["resident", "subprocess"])
def test_a_command_tells_what_came_of_every_node(mode: str, tmp_path: Path) -> None:
    dbt = runner(tmp_path, mode=mode)
    result = dbt.execute_command(["build"], simulation_year=2028, threads=2, log_name="2028-all")

    assert result.success
    assert [(node.name, node.resource_type, node.status, node.path) for node in result.nodes] == [
        ("base", "model", "success", "models/base.sql"),
        ("not_null_base_y", "test", "pass", "models/base.yml"),
        ("reader", "model", "success", "models/reader.sql"),
    ]
    assert result.nodes[0].unique_id == "model.small.base"
    assert result.log_path == tmp_path / "run/logs/2028-all.log"
    assert "OK created sql table model main.base" in result.log_path.read_text()
    with dbt.cursor() as cursor:
        assert cursor.execute("from reader").fetchall() == [(2029,)]
    dbt.release_database()


def test_dbt_leaves_no_trace_outside_the_run_folder(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    dbt = runner(
        tmp_path, {"models/loud.sql": "{{ print('loud') }}{{ log('x', info=true) }}select 1"}
    )
    before = files_under(tmp_path / "project")
    for _ in range(3):
        assert dbt.execute_command(["run"]).success
    dbt.release_database()

    assert capfd.readouterr().out == ""
    assert Path.cwd() == tmp_path / "elsewhere"
    assert "SHARDRUN_DATABASE" not in os.environ
    assert files_under(tmp_path / "project") == before
    assert files_under(tmp_path / "elsewhere") == set()
    assert not logging.getLogger("file_log").handlers
    assert not [f.path for f in psutil.Process().open_files() if str(tmp_path) in f.path]
    assert sorted(path.name for path in (tmp_path / "run/logs").iterdir()) == [
        "001-run.log",
        "002-run.log",
        "003-run.log",
    ]


def test_options_in_the_command_win(tmp_path: Path) -> None:
    dbt = runner(tmp_path, threads=4)
    result = dbt.execute_command(["run", "--select", "tag:BASE", "--threads", "2"])
    dbt.release_database()
    assert [node.name for node in result.nodes] == ["base"]
    assert "Concurrency: 2 threads" in result.log_path.read_text()


def test_debug_runs_one_thread_and_logs_the_sql(tmp_path: Path) -> None:
    dbt = runner(tmp_path, threads=4, debug=True)
    log = dbt.execute_command(["run"], threads=4).log_path.read_text()
    dbt.release_database()
    assert "Concurrency: 1 threads" in log
    assert "select y + 1 as y from" in log


@pytest.mark.parametrize("mode", ["resident", "subprocess"])
def test_a_failed_node_is_told_in_one_message(mode: str, tmp_path: Path) -> None:
    broken = {
        "models/base.sql": "select\n  no_such_column\nfrom (select 1 as y)",
        "models/typo.sql": "{{ no_such_macro() }}",
    }
    dbt = runner(tmp_path, broken, mode=mode)
    result = dbt.execute_command(["run"], simulation_year=2027, log_name="2027-events")
    message = failure_message(result, WorkflowStage.EVENT_GENERATION.name, 2027)

    assert not result.success
    assert {node.name for node in result.failures} == {"base", "typo"}
    failed = next(node for node in result.failures if node.name == "base")
    assert failed.path == "models/base.sql"
    assert failed.message.startswith('Binder Error: Referenced column "no_such_column" not found')
    assert Path(str(failed.compiled_path)).read_text().startswith("select\n  no_such_column")
    assert message.startswith("EVENT_GENERATION of 2027: 2 of 3 nodes failed, 1 skipped.\n")
    assert "model base (models/base.sql): Binder Error: Referenced column" in message
    assert "model typo (models/typo.sql): 'no_such_macro' is undefined." in message
    assert str(tmp_path / "run/logs/2027-events.log") in message
    assert "Runtime Error" not in message
    dbt.release_database()


def test_a_failed_check_is_a_failure(tmp_path: Path) -> None:
    dbt = runner(tmp_path, {"tests/never.sql": "select 1 as found"})
    result = dbt.execute_command(["build"])
    dbt.release_database()
    assert [(node.name, node.status) for node in result.failures] == [("never", "fail")]
    assert result.failures[0].message == "Got 1 result, configured to fail if != 0"


REFUSED = {
    "unknown model": (
        {"models/reader.sql": "select * from {{ ref('bsae') }}"},
        ["run"],
        ["models/reader.sql", "bsae"],
    ),
    "syntax": ({"models/reader.sql": "{% if %}"}, ["run"], ["models/reader.sql"]),
    "no profile": ({"profiles.yml": "other: {}"}, ["run"], ["profile", "year_is_data"]),
    "no project": ({"dbt_project.yml": None}, ["run"], ["dbt_project.yml"]),
    "bad selector": ({}, ["run", "--select", "colour:red"], ["colour"]),
    "bad option": ({}, ["run", "--selekt", "x"], ["--selekt"]),
    "unset variable": (
        {"profiles.yml": PROFILES.replace("SHARDRUN_DATABASE", "SHARDRUN_NOT_SET")},
        ["run"],
        ["SHARDRUN_NOT_SET"],
    ),
}


@pytest.mark.parametrize(
    ("mode", "case"),
    [
        *(("resident", case) for case in REFUSED),
        # what dbt says on its way out differs by kind: of a file, of the project, of its own words
        *(("subprocess", case) for case in ("syntax", "no project", "bad option")),
    ],
)
def test_what_stops_dbt_before_any_node_is_an_error_of_the_project(
    mode: str, case: str, tmp_path: Path
) -> None:
    files, command, said = REFUSED[case]
    dbt = runner(tmp_path, files, mode=mode)
    with pytest.raises(ProjectError) as refused:
        dbt.execute_command(command)
    for words in (str(tmp_path / "project"), *said):
        assert words in str(refused.value)
    assert "Traceback" not in str(refused.value)
    assert not (tmp_path / "small.duckdb").exists()


STAGES = {
    WorkflowStage.INITIALIZATION: StageConfig(
        command="build", tags=("BASE",), threading="sequential", full_refresh="first_year"
    ),
    WorkflowStage.REPORTING: StageConfig(models=("reader",), full_refresh="always"),
    WorkflowStage.VALIDATION: StageConfig(command="test", tags=("BASE",)),
    WorkflowStage.FOUNDATION: StageConfig(tags=("NOTHING",)),
}


def test_a_stage_is_one_command_as_configured(tmp_path: Path) -> None:
    unit_test = "unit_tests: [{name: u, model: base, given: [], expect: {rows: [{y: 0}]}}]"
    files = {"models/unit.yml": unit_test}
    dbt = runner(tmp_path, files, stages=STAGES, threads=3, start_year=2025)
    first = dbt.run_stage_models(WorkflowStage.INITIALIZATION, 2025)
    later = dbt.run_stage_models(WorkflowStage.INITIALIZATION, 2026, threads=2)
    report = dbt.run_stage_models(WorkflowStage.REPORTING, 2026, threads=2)
    checks = dbt.run_stage_models(WorkflowStage.VALIDATION, 2026)

    build = ("build", "--select", "tag:BASE")
    assert [result.command[:4] for result in first] == [(*build, "--full-refresh")]
    assert [result.command[:3] for result in later] == [build]
    assert "--full-refresh" not in later[0].command
    assert report[0].command == ("run", "--select", "reader", "--full-refresh")
    assert [node.name for node in first[0].nodes] == ["base", "not_null_base_y"]
    assert [node.status for node in checks[0].nodes] == ["pass"]
    assert "Concurrency: 1 threads" in later[0].log_path.read_text()
    assert "Concurrency: 2 threads" in report[0].log_path.read_text()
    assert "Concurrency: 3 threads" in checks[0].log_path.read_text()
    assert later[0].log_path.name == "2026-initialization.log"
    assert dbt.parses == 1
    dbt.release_database()


def test_a_stage_or_tag_without_models_is_refused(tmp_path: Path) -> None:
    dbt = runner(tmp_path, stages=STAGES)
    with pytest.raises(ProjectError, match=r"tag:NOTHING.* selects nothing"):
        dbt.run_stage_models(WorkflowStage.FOUNDATION, 2025)
    with pytest.raises(ProjectError, match=r"tag:NONE.* selects nothing"):
        dbt.run_models_by_tag("NONE", 2025)
    assert [node.name for node in dbt.run_models_by_tag("BASE", 2025).nodes] == ["base"]
    dbt.release_database()


@pytest.mark.parametrize("profile", [PROFILES, FILE_PROFILE], ids=["attached", "path"])
def test_cursor_and_dbt_work_in_turns_on_the_same_file(profile: str, tmp_path: Path) -> None:
    dbt = runner(tmp_path, {"profiles.yml": profile})
    with dbt.cursor() as cursor:
        cursor.execute("create table ledger (step varchar)")
        cursor.execute("insert into ledger values (?)", ["before dbt"])
    assert dbt.execute_command(["run"]).success
    with dbt.cursor() as cursor:
        cursor.execute("insert into ledger values ('after dbt')")
        assert cursor.execute("from base").fetchall() == [(2025,)]
    assert dbt.execute_command(["run"]).success
    dbt.release_database()

    with duckdb.connect(str(tmp_path / "small.duckdb"), read_only=True) as connection:
        assert connection.execute("from ledger").fetchall() == [("before dbt",), ("after dbt",)]


@pytest.mark.parametrize("profile", [PROFILES, FILE_PROFILE], ids=["attached", "path"])
def test_released_another_process_can_write_and_dbt_comes_back(
    profile: str, tmp_path: Path
) -> None:
    dbt = runner(tmp_path, {"profiles.yml": profile})
    database = tmp_path / "small.duckdb"
    dbt.release_database()
    for year in (2025, 2026):
        assert dbt.execute_command(["run"], simulation_year=year).success
        with dbt.cursor() as left_open:
            assert left_open.execute("from base").fetchall() == [(year,)]
            assert not another_process_can_write(database)
            dbt.release_database()
            assert another_process_can_write(database)
        dbt.release_database()
    assert dbt.parses == 1


def test_a_release_that_can_not_let_go_says_so(tmp_path: Path) -> None:
    dbt = runner(tmp_path, {"profiles.yml": FILE_PROFILE})
    assert dbt.execute_command(["run"]).success
    with (
        duckdb.connect(str(tmp_path / "small.duckdb")),
        pytest.raises(DatabaseInUseError, match=r"this process itself still holds .*small\.duckdb"),
    ):
        dbt.release_database()


@pytest.mark.parametrize("mode", ["resident", "subprocess"])
def test_a_database_of_another_process_is_in_use(mode: str, tmp_path: Path) -> None:
    dbt = runner(tmp_path, mode=mode)
    command = [sys.executable, "-c", HOLD, str(tmp_path / "small.duckdb")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        with pytest.raises(DatabaseInUseError, match=str(holder.pid)), dbt.cursor():
            pass
        with pytest.raises(DatabaseInUseError, match=str(holder.pid)):
            dbt.execute_command(["run"])
        holder.communicate()
    assert dbt.execute_command(["run"]).success
    dbt.release_database()


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "small.duckdb").write_text("a census, perhaps" * 500)
    dbt = runner(tmp_path)
    with pytest.raises(DatabaseError, match="not a valid DuckDB database"):
        dbt.execute_command(["run"])
    assert (tmp_path / "small.duckdb").read_text().startswith("a census")


PACKAGE = {
    "dbt_project.yml": "name: tools\n",
    "macros/one.sql": "{% macro one() %}1{% endmacro %}",
}


@pytest.mark.parametrize(("mode", "runs"), [("resident", 2), ("subprocess", 1)])
def test_missing_local_packages_are_installed_once(mode: str, runs: int, tmp_path: Path) -> None:
    for name, text in PACKAGE.items():
        (tmp_path / "tools" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "tools" / name).write_text(text)
    files = {
        "packages.yml": "packages: [{local: ../tools}]",
        "models/base.sql": "select {{ tools.one() }} as y",
    }
    dbt = runner(tmp_path, files, mode=mode)
    before = Path.cwd()
    for _ in range(runs):
        assert dbt.execute_command(["run"]).success
    assert Path.cwd() == before
    dbt.release_database()


def test_a_package_that_can_not_be_installed_is_named(tmp_path: Path) -> None:
    dbt = runner(tmp_path, {"packages.yml": "packages: [{local: ../nowhere}]"})
    with pytest.raises(ProjectError, match="nowhere"):
        dbt.execute_command(["run"])


def run_until_interrupted(dbt: DbtRunner, log: Path) -> None:
    def interrupt() -> None:
        while not (log.exists() and "START sql table model main.base" in log.read_text()):
            time.sleep(0.05)
        time.sleep(0.5)  # dbt logs the model just before DuckDB begins
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        dbt.execute_command(["run"], log_name="stopped")
    thread.join()


@pytest.mark.parametrize("debug", [True, False], ids=["debug", "threads"])
def test_one_interrupt_reaches_the_caller_and_dbt_can_go_on(tmp_path: Path, *, debug: bool) -> None:
    dbt = runner(tmp_path, {"models/base.sql": ENDLESS}, debug=debug)
    dbt.execute_command(["parse"])
    run_until_interrupted(dbt, tmp_path / "run/logs/dbt.log")
    assert "main.base" in (tmp_path / "run/logs/stopped.log").read_text()

    with dbt.cursor() as cursor:
        cursor.execute("create table base as select 1 as y")
    assert dbt.execute_command(["run", "--select", "reader"]).success
    dbt.release_database()
    assert another_process_can_write(tmp_path / "small.duckdb")


def test_an_interrupt_reaches_the_caller_while_dbt_closes_what_it_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dbt.adapters.contracts.connection import Connection
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager

    close_handle = DuckDBConnectionManager._close_handle

    def close_and_linger(connection: Connection) -> None:
        close_handle(connection)
        if connection.name == "model.small.base":
            time.sleep(2)  # dbt's main thread comes to a connection that still counts as open

    monkeypatch.setattr(DuckDBConnectionManager, "_close_handle", staticmethod(close_and_linger))
    dbt = runner(tmp_path, {"models/base.sql": ENDLESS})
    dbt.execute_command(["parse"])
    run_until_interrupted(dbt, tmp_path / "run/logs/dbt.log")
    dbt.release_database()
    assert another_process_can_write(tmp_path / "small.duckdb")


def test_an_interrupt_reaches_the_caller_while_a_cursor_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dbt.adapters.duckdb.environments.local import LocalEnvironment

    pressed = threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT))

    def take_seconds(_: object, cursor: duckdb.DuckDBPyConnection) -> None:
        pressed.start()
        cursor.execute("select count(*) from range(400000000) where range % 7 = 9")

    dbt = runner(tmp_path)
    with dbt.cursor():
        pass
    with monkeypatch.context() as slow:
        slow.setattr(LocalEnvironment, "initialize_cursor", staticmethod(take_seconds))
        with pytest.raises(KeyboardInterrupt), dbt.cursor():
            pytest.fail("the cursor was made")
    pressed.join()
    with dbt.cursor() as cursor:
        assert cursor.execute("select 1").fetchall() == [(1,)]


@pytest.mark.parametrize("moment", ["connection", "instance"])
def test_an_interrupt_while_the_database_is_released_leaves_one_that_can_be_opened(
    moment: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.adapters.duckdb.environments.local import LocalEnvironment

    interrupts = iter([KeyboardInterrupt])
    owner, close = {
        "connection": (DuckDBConnectionManager, DuckDBConnectionManager.close),
        # which would note after it that its connection is closed
        "instance": (LocalEnvironment, lambda instance: instance.conn.close()),
    }[moment]

    def close_and_stop(closed: object) -> None:
        close(closed)
        for interrupt in interrupts:
            raise interrupt

    dbt = runner(tmp_path)
    with dbt.cursor() as cursor:
        cursor.execute("create table base as select 1 as y")
    with monkeypatch.context() as stopped:
        stopped.setattr(owner, "close", close_and_stop)
        with pytest.raises(KeyboardInterrupt):
            dbt.release_database()
    with dbt.cursor() as cursor:
        assert cursor.execute("from base").fetchall() == [(1,)]
    assert dbt.execute_command(["run", "--select", "reader"]).success
    dbt.release_database()
    assert another_process_can_write(tmp_path / "small.duckdb")


@pytest.mark.parametrize(
    "use",
    [lambda dbt: dbt.cursor().__enter__(), lambda dbt: dbt.execute_command(["run"])],
    ids=["cursor", "command"],
)
def test_an_interrupt_while_the_database_is_opened_leaves_it_to_others(
    use: Callable[[DbtRunner], object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dbt.adapters.duckdb.environments.local import LocalEnvironment

    initialize_db = LocalEnvironment.initialize_db

    def open_and_stop(*arguments: object) -> duckdb.DuckDBPyConnection:
        opened = initialize_db(*arguments)
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(1)  # where this is one of dbt's threads, and not the one that is interrupted
        return opened

    dbt = runner(tmp_path)
    dbt.execute_command(["parse"])
    with monkeypatch.context() as slow:
        slow.setattr(LocalEnvironment, "initialize_db", staticmethod(open_and_stop))
        with pytest.raises(KeyboardInterrupt) as stopped:
            use(dbt)
    dbt.release_database()
    assert another_process_can_write(tmp_path / "small.duckdb")
    assert stopped.value  # which is kept meanwhile, as by one that writes down how a run ended


def test_the_epics_runbook_line_works_by_hand(tmp_path: Path) -> None:
    here = project(tmp_path)
    dbt = shutil.which("dbt", path=str(Path(sys.executable).parent))
    assert dbt is not None
    subprocess.run(
        [
            dbt,
            "run",
            "--select",
            "tag:BASE",
            "--vars",
            '{"simulation_year": 2028}',
            "--threads",
            "6",
        ],
        cwd=here,
        env={
            **os.environ,
            "SHARDRUN_DATABASE": str(tmp_path / "small.duckdb"),
            "DO_NOT_TRACK": "1",
        },
        check=True,
        stdout=subprocess.DEVNULL,
    )
    with duckdb.connect(str(tmp_path / "small.duckdb"), read_only=True) as connection:
        assert connection.execute("from base").fetchall() == [(2028,)]
