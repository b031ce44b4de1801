"""dbt kept in this process: it parses once and runs every command on that manifest.

Owns the use of dbt as a library. A manifest is used again only where manifest_reuse shows that dbt
would parse the same one; else dbt parses anew. Import it only where dbt is needed: that takes a
second.
"""

from __future__ import annotations

import logging
import pickle
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import duckdb
from dbt.artifacts.resources.types import NodeType
from dbt.artifacts.schemas.run import RunExecutionResult
from dbt.cli.exceptions import DbtUsageException
from dbt.cli.main import dbtRunner, dbtRunnerResult
from dbt.contracts.graph.manifest import Manifest
from dbt_common.exceptions import DbtBaseException

from shardrun.dbt_runner.artifacts import MANIFEST, RunArtifacts
from shardrun.dbt_runner.cancellation import CANCELLATION, interrupt_queries
from shardrun.dbt_runner.command_line import DbtCall, ProjectSettings
from shardrun.dbt_runner.compiled import CompiledStage
from shardrun.dbt_runner.dbt_memory import DbtMemory
from shardrun.dbt_runner.isolation import dbt_inside
from shardrun.dbt_runner.manifest_cache import ManifestCache
from shardrun.dbt_runner.manifest_reuse import ManifestReuse
from shardrun.dbt_runner.project_texts import read_project_texts
from shardrun.dbt_runner.refusals import refused
from shardrun.dbt_runner.results import NodeResult, clean_message
from shardrun.dbt_runner.stage_compilation import compile_stage
from shardrun.dbt_runner.substitution import substituted
from shardrun.errors import InputError
from shardrun.interrupts import interrupts_kept

_logger = logging.getLogger(__name__)
_MANIFESTS_KEPT = 4
_WITHOUT_MANIFEST = frozenset({"clean", "debug", "deps"})
_REFUSALS = (DbtBaseException, DbtUsageException, ImportError, duckdb.Error)


class _Parsed:
    """A manifest, and its nodes as dbt parsed them."""

    def __init__(self, manifest: Manifest, reuse: ManifestReuse) -> None:
        self.manifest = manifest
        self.reuse = reuse
        self._nodes = dict(manifest.nodes)
        self._parsed = {name: pickle.dumps(node) for name, node in manifest.nodes.items()}
        self._functions = pickle.dumps(manifest.functions)
        self._unit_tests = pickle.dumps(manifest.unit_tests)

    def fresh(self, call: DbtCall) -> Manifest:
        """Return the manifest for a call, without what the last command compiled.

        dbt would put an ephemeral model's SQL of the last year into its readers of this one, and
        stumble over a foreign key that it has rendered already.
        """
        for name, node in self._nodes.items():
            if _is_used(node):  # to read all of them anew took 0.2 of a run's 17 seconds
                self._nodes[name] = pickle.loads(self._parsed[name])  # noqa: S301
        manifest = self.manifest
        manifest.functions = pickle.loads(self._functions)  # noqa: S301
        if _needs_no_test(call.command):
            manifest.unit_tests = {}
            manifest.nodes = {
                name: node
                for name, node in self._nodes.items()
                if node.resource_type != NodeType.Test
            }
        else:
            manifest.unit_tests = pickle.loads(self._unit_tests)  # noqa: S301
            manifest.nodes = dict(self._nodes)
        return manifest


class ResidentDbt:
    """dbt in this process, for one project and one thread of ours at a time."""

    def __init__(
        self,
        settings: ProjectSettings,
        memory: DbtMemory,
        names: Callable[[Mapping[str, Any]], Mapping[str, str]],
    ) -> None:
        """Parse nothing yet.

        Args:
            settings: of the project.
            memory: what dbt has read of it.
            names: returns what the connection is called, given the vars a profile may ask for.
        """
        self.parses = 0
        self.artifacts = RunArtifacts()
        self._described = settings.target_dir / MANIFEST
        self._settings = settings
        self._names = names
        self._memory = memory
        self._parsed: list[_Parsed] = []
        # with a manifest that it is given, dbt does not register the catalogs of this file
        has_catalogs = (settings.project_dir / "catalogs.yml").exists()
        self._parses_itself = "it has a catalogs.yml" if has_catalogs else None

    def invoke(self, call: DbtCall) -> tuple[bool, tuple[NodeResult, ...]]:
        """Run a command.

        Returns:
            whether it succeeded, and what came of each node.

        Raises:
            ProjectError: dbt gave up before any node ran; or one of the errors of `refusals`.
            KeyboardInterrupt: as it came.
        """
        parsed = None
        if call.command[0] not in _WITHOUT_MANIFEST and (parsed := self._parse_for(call)) is None:
            # dbt's cache of parsed files knows vars, but not what else makes every command parse
            call = replace(call, command=(*call.command, "--no-partial-parse"))
        if call.command == ("parse",):
            return True, ()  # as it was just parsed, or would be parsed to the same
        outcome = self._run(dbtRunner(parsed.fresh(call) if parsed else None), call)
        if not isinstance(outcome.result, RunExecutionResult):
            return outcome.success, ()
        self.artifacts.add(outcome.result)
        return outcome.success, tuple(_node_result(result) for result in outcome.result.results)

    def compile_stage(self, call: DbtCall, variants: Sequence[Mapping[str, Any]]) -> CompiledStage:
        """Compile the models that a `dbt compile` selects for several sets of vars.

        Args:
            call: the command; it leaves ephemeral models where they are.
            variants: the vars of each set, beside the call's own.

        Raises:
            ProjectError: a model can't be compiled; or one of the errors of `refusals`.
            InputError: the project itself depends on the vars of a set.
        """
        if (served := self._parse_for(call)) is None:
            raise self._no_shards(
                f"every command has to parse it anew, since {self._parses_itself}"
            )
        for variables in variants:
            reason = served.reuse.reason_to_parse({**call.variables, **variables})
            if reason is not None:
                raise self._no_shards(reason)
        outcome = self._run(dbtRunner(served.fresh(call)), call)
        ran: Sequence[Any] = ()
        if isinstance(outcome.result, RunExecutionResult):
            ran = outcome.result.results
            if outcome.success:
                self.artifacts.add_compiled(outcome.result)
            else:
                self.artifacts.add(outcome.result)
        names = frozenset(name for variables in variants for name in variables)
        with self._at_work():
            return compile_stage(
                served.fresh(call),
                [result.node.unique_id for result in ran],
                variants,
                lambda text: served.reuse.is_affected(text, names),
            )

    def write_artifacts(self, folders: Sequence[Path], run_id: str, seconds: float) -> None:
        """Write what dbt would have left of all commands; see :class:`RunArtifacts`.

        Raises:
            OSError: a folder can't be written to.
        """
        self.artifacts.write(self._described, folders, run_id, seconds)

    def _no_shards(self, reason: str) -> InputError:
        return InputError(
            f"the project {self._settings.project_dir} can't be compiled shard by shard: {reason}"
        )

    def _parse_for(self, call: DbtCall) -> _Parsed | None:
        """Return the parse that serves a call; None if only the command itself can parse."""
        for parsed in self._parsed:
            reason = parsed.reuse.reason_to_parse(call.variables)
            if reason is None:
                return parsed
            _logger.debug("a manifest can't be used again: %s", reason)
        if self._parses_itself:
            self.parses += 1
            return None
        cache = ManifestCache(self._settings.project_dir, self._names(call.variables))
        if not self._parsed and (kept := self._kept(cache, call)):
            self._parsed = [kept]
            cache.describe(self._described)
            return kept
        manifest = cast(Manifest, self._run(dbtRunner(), replace(call, command=("parse",))).result)
        self.parses += 1
        reuse = self._reuse(manifest, call.variables)
        if reason := reuse.reason_to_parse(call.variables):
            _logger.debug("every command has to parse: %s", reason)
            self._parses_itself = reason
            return None
        cache.keep(manifest, call.variables, self._described)
        self._parsed = [_Parsed(manifest, reuse), *self._parsed[: _MANIFESTS_KEPT - 1]]
        return self._parsed[0]

    def _kept(self, cache: ManifestCache, call: DbtCall) -> _Parsed | None:
        """Return what an earlier run parsed, if dbt would parse the same for a call."""
        if (kept := cache.load()) is None:
            return None
        manifest, variables = kept
        reuse = self._reuse(manifest, variables)
        if reason := reuse.reason_to_parse(call.variables):
            _logger.debug("the kept manifest can't be used: %s", reason)
            return None
        return _Parsed(manifest, reuse)

    def _reuse(self, manifest: Manifest, variables: Mapping[str, Any]) -> ManifestReuse:
        settings = self._settings
        texts = read_project_texts(manifest, settings.project_dir, settings.profiles_dir)
        return ManifestReuse(texts, variables)

    @contextmanager
    def _at_work(self) -> Iterator[None]:
        """Use dbt; Ctrl-C ends a query of the main thread too, which dbt would not cancel."""
        settings = self._settings
        with (
            dbt_inside(settings.env, debug=settings.debug),
            self._memory.at_hand(),
            substituted(CANCELLATION),
            interrupts_kept(interrupt_queries),
        ):
            yield

    def _run(self, dbt: dbtRunner, call: DbtCall) -> dbtRunnerResult:
        settings = self._settings
        # results come back in memory, and dbt would write the whole manifest with every command
        parses = call.command[0] == "parse" or "--no-partial-parse" in call.command
        artifacts = [] if parses else ["--no-write-json"]
        with self._at_work():
            outcome = dbt.invoke([*settings.arguments(call), *artifacts])
        if isinstance(outcome.exception, _REFUSALS):
            raise refused(outcome.exception, settings.project_dir, settings.log_of(call))
        if outcome.exception is not None:
            raise outcome.exception
        return outcome


def _is_used(node: Any) -> bool:
    """Tell whether a command has compiled a node, or begun to run it, and so changed it."""
    return bool(getattr(node, "compiled", False) or node._event_status)


def _needs_no_test(command: Sequence[str]) -> bool:
    """Tell whether a command is the same without the project's tests, which slow dbt's graph.

    `dbt run` runs none; only a selector that walks the graph could reach a model through one.
    """
    return (
        command[0] == "run"
        and "--select" in command
        and all(word.startswith("tag:") for word in command[1:] if not word.startswith("-"))
        and not any(sign in word for word in command for sign in "+@")
    )


def _node_result(result: Any) -> NodeResult:
    node = result.node
    return NodeResult(
        unique_id=node.unique_id,
        name=node.name,
        resource_type=str(node.resource_type),
        status=str(result.status),
        seconds=result.execution_time,
        rows_affected=result.adapter_response.get("rows_affected"),
        message=clean_message(result.message),
        path=node.original_file_path,
        compiled_path=getattr(node, "compiled_path", None),
        relation_name=getattr(node, "relation_name", None),
    )
