"""The one way to dbt: commands, tags and stages of a year, run by either of two modes.

Owns what can be asked of dbt, and what each of it is as a command. It must never look into the
database.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

from shardrun.config.periods import YEAR_COLUMN
from shardrun.config.workflow import StageConfig
from shardrun.database.interrupts import interruptible
from shardrun.dbt_runner.call_log import CallLog
from shardrun.dbt_runner.command_line import ProjectSettings
from shardrun.dbt_runner.dbt_parts import DbtParts, Mode
from shardrun.dbt_runner.packages import invoke_with_packages
from shardrun.dbt_runner.results import DbtCommandResult, ShardedNode
from shardrun.dbt_runner.stage_commands import compile_command, stage_command
from shardrun.errors import ProjectError
from shardrun.stages import WorkflowStage

if TYPE_CHECKING:
    import duckdb

    from shardrun.dbt_runner.compiled import CompiledStage


class DbtRunner:
    """Runs dbt on one project; the results do not depend on the mode."""

    def __init__(
        self,
        project_dir: Path,
        *,
        run_dir: Path,
        profiles_dir: Path | None = None,
        target: str | None = None,
        threads: int = 1,
        base_vars: Mapping[str, Any] | None = None,
        env: Mapping[str, str] | None = None,
        mode: Mode = "resident",
        stages: Mapping[WorkflowStage, StageConfig] | None = None,
        start_year: int | None = None,
        period_variable: str = YEAR_COLUMN,
        debug: bool = False,
    ) -> None:
        """Start nothing yet: dbt is imported with the first command.

        Args:
            project_dir: the folder of dbt_project.yml.
            run_dir: where dbt's logs and artifacts go.
            profiles_dir: the folder of profiles.yml; None means ``project_dir``.
            target: the target in profiles.yml; None means the profile's default.
            threads: dbt's threads where a call does not say.
            base_vars: the vars of every call.
            env: environment variables that dbt sees beside those of this process.
            mode: ``resident`` keeps dbt in this process, ``subprocess`` starts it for every call.
            stages: what the stages run.
            start_year: the first simulated year, for stages with ``full_refresh: first_year``.
            period_variable: the var that a call's year, or other period, goes into.
            debug: one thread throughout, and the SQL that dbt runs in the log.
        """
        project_dir = project_dir.resolve()
        self._settings = ProjectSettings(
            project_dir=project_dir,
            profiles_dir=(profiles_dir or project_dir).resolve(),
            target=target,
            run_dir=run_dir.resolve(),
            env=dict(env or {}),
            debug=debug,
        )
        self._calls = CallLog(
            self._settings,
            threads=threads,
            base_vars=base_vars or {},
            period_variable=period_variable,
        )
        self._parts = DbtParts(self._settings, mode)
        self._stages = dict(stages or {})
        self._start_year = start_year

    @property
    def parses(self) -> int:
        """How many times dbt has parsed the project."""
        return self._parts.parses

    def execute_command(
        self,
        command: Sequence[str],
        simulation_year: int | None = None,
        threads: int | None = None,
        extra_vars: Mapping[str, Any] | None = None,
        log_name: str | None = None,
    ) -> DbtCommandResult:
        """Run one dbt command.

        Args:
            command: such as ``["run", "--select", "tag:FOUNDATION"]``.
            simulation_year: for which year, or other period.
            threads: dbt's threads; None means the runner's.
            extra_vars: vars of this call.
            log_name: name of its log, without ending; None numbers it.

        Returns:
            what came of it; a node that failed is in it, not an exception.

        Raises:
            ProjectError: dbt gave up before any node ran.
            DatabaseInUseError: another process holds the database.
            DatabaseError: the database can't be opened.
        """
        call = self._calls.call(command, simulation_year, threads, extra_vars, log_name)
        started = perf_counter()
        with self._calls.kept(call):
            success, nodes = invoke_with_packages(
                self._parts.for_command(), call, self._settings.project_dir
            )
        seconds = perf_counter() - started
        return DbtCommandResult(call.command, success, seconds, nodes, call.log_path)

    def run_models_by_tag(
        self, tag: str, simulation_year: int, threads: int | None = None
    ) -> DbtCommandResult:
        """Run all models with a tag, in one command.

        Raises:
            ProjectError: no model has the tag; or see :meth:`execute_command`.
        """
        log_name = f"{simulation_year}-{tag.lower()}"
        command = ["run", "--select", f"tag:{tag}"]
        return self._something(
            self.execute_command(command, simulation_year, threads, log_name=log_name)
        )

    def run_stage_models(
        self, stage: WorkflowStage, simulation_year: int, threads: int | None = None
    ) -> list[DbtCommandResult]:
        """Run what the configuration gives to a stage, in one command.

        Raises:
            ProjectError: the stage selects nothing; or see :meth:`execute_command`.
        """
        config = self._stages[stage]
        command = stage_command(config, is_first_year=simulation_year == self._start_year)
        result = self.execute_command(
            command,
            simulation_year,
            1 if config.threading == "sequential" else threads,
            config.vars,
            log_name=f"{simulation_year}-{stage.value}",
        )
        return [self._something(result)]

    def compile_stage(
        self,
        stage: WorkflowStage,
        simulation_year: int,
        variants: Sequence[Mapping[str, Any]],
    ) -> CompiledStage:
        """Compile a stage's models for several sets of vars, ephemeral models left apart.

        Args:
            stage: which stage.
            simulation_year: for which year.
            variants: the vars of each set, beside the runner's and the year.

        Raises:
            ProjectError: the stage has no models, or one can't be compiled.
            InputError: the project itself depends on the vars of a set.
            DatabaseInUseError: another process holds the database.
            DatabaseError: the database can't be opened.
        """
        config = self._stages[stage]
        call = self._calls.call(
            compile_command(config),
            simulation_year,
            variables=config.vars,
            log_name=f"{simulation_year}-{stage.value}-compile",
        )
        with self._calls.kept(call):
            compiled = self._parts.resident().compile_stage(call, variants)
        if not compiled.nodes:
            raise self._nothing_selected(call.command)
        return compiled

    def record_shards(self, stage: WorkflowStage, nodes: Sequence[ShardedNode]) -> None:
        """Take into dbt's artifacts what came of models that ran in shards.

        Args:
            stage: whose they are, the one that was compiled last.
            nodes: one a model.
        """
        command, target_dir = self._stages[stage].command, self._settings.target_dir
        self._parts.resident().artifacts.add_sharded(nodes, command, target_dir)

    def write_artifacts(self, folders: Sequence[Path], run_id: str, seconds: float) -> None:
        """Write `manifest.json`, and one `run_results.json` for all commands so far.

        Args:
            folders: where they go.
            run_id: of the ledger.
            seconds: what the run took.

        Raises:
            OSError: a folder can't be written to.
        """
        self._parts.resident().write_artifacts(folders, run_id, seconds)

    @contextmanager
    def cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Use a cursor on the DuckDB instance that dbt holds, between commands.

        Yields:
            the cursor, closed at the end; Ctrl-C ends its queries.

        Raises:
            ProjectError: the profile can't be loaded, or is not one for DuckDB.
            DatabaseInUseError: another process holds the file.
            DatabaseError: the file can't be opened.
        """
        with (
            self._parts.database().cursor(self._calls.variables) as cursor,
            interruptible(cursor.interrupt),
        ):
            yield cursor

    def release_database(self) -> None:
        """Close every connection to the database, so that another process can open it.

        The next command or cursor opens it again.

        Raises:
            DatabaseInUseError: something else in this process still has the file open.
        """
        self._parts.release_database()

    def _something(self, result: DbtCommandResult) -> DbtCommandResult:
        if not result.nodes:
            raise self._nothing_selected(result.command)
        return result

    def _nothing_selected(self, command: Sequence[str]) -> ProjectError:
        return ProjectError(
            f"`dbt {' '.join(command)}` selects nothing in {self._settings.project_dir}. Give "
            "the stage other models or tags under workflow.stages, or `when: never`."
        )
