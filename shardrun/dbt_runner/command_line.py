"""dbt by its command line: the arguments of a call, and one process for each call.

Owns every option that we give dbt beside the caller's own. It must never import dbt: it is what
the resident dbt is measured against.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any

from shardrun.dbt_runner.refusals import refusal
from shardrun.dbt_runner.results import NodeResult, clean_message

_SWITCHES = (
    "--no-send-anonymous-usage-stats",
    "--no-use-colors-file",
    "--use-fast-test-edges",  # the same order of models and tests, by less than half of the work
)
_DBT = "from dbt.cli.main import cli; cli(prog_name='dbt')"
_WITHOUT_THREADS = frozenset({"clean", "debug", "deps", "list", "ls"})
_WITHOUT_TARGET_PATH = frozenset({"debug", "deps"})


@dataclass(frozen=True, slots=True)
class DbtCall:
    """One call of dbt.

    Attributes:
        command: such as ``("run", "--select", "tag:FOUNDATION")``.
        variables: all vars.
        threads: dbt's threads.
        log_path: where its log will be found.
    """

    command: tuple[str, ...]
    variables: Mapping[str, Any]
    threads: int
    log_path: Path


@dataclass(frozen=True, slots=True)
class ProjectSettings:
    """What is the same in every call of dbt on a project; all paths are absolute.

    Attributes:
        project_dir: the folder of dbt_project.yml.
        profiles_dir: the folder of profiles.yml.
        target: the target in profiles.yml; None means the profile's default.
        run_dir: where dbt's logs and artifacts go.
        env: environment variables beside those of this process.
        debug: whether the SQL that dbt runs goes into the log.
    """

    project_dir: Path
    profiles_dir: Path
    target: str | None
    run_dir: Path
    env: Mapping[str, str]
    debug: bool = False

    @property
    def target_dir(self) -> Path:
        """Where dbt's artifacts go."""
        return self.run_dir / "target"

    @property
    def logs_dir(self) -> Path:
        """Where the logs go."""
        return self.run_dir / "logs"

    @property
    def dbt_log(self) -> Path:
        """Where dbt writes the log of the call that runs."""
        return self.logs_dir / "dbt.log"

    def log_of(self, call: DbtCall) -> Path | None:
        """Return where the log of the call that just ran will be found, if dbt wrote one."""
        return call.log_path if self.dbt_log.exists() else None

    def arguments(self, call: DbtCall) -> list[str]:
        """Return dbt's arguments; where the command has an option of ours itself, it wins."""
        words = list(takewhile(lambda word: not word.startswith("-"), call.command))
        options: dict[str, object] = {
            "--project-dir": self.project_dir,
            "--profiles-dir": self.profiles_dir,
            "--log-path": self.logs_dir,
            "--log-level": "none",  # nothing on stdout: that carries our own data
            "--log-level-file": "debug" if self.debug else "info",
            "--log-file-max-bytes": 0,  # one file a call, whatever its size
            "--vars": json.dumps(dict(call.variables)),
        }
        if self.target is not None:
            options["--target"] = self.target
        if words[0] not in _WITHOUT_TARGET_PATH:
            options["--target-path"] = self.target_dir
        if words[0] not in _WITHOUT_THREADS:
            options["--threads"] = call.threads
        given = [str(part) for option in options.items() for part in option]
        return [*words, *given, *_SWITCHES, *call.command[len(words) :]]


class CommandLineDbt:
    """A process of dbt for every call."""

    def __init__(self, settings: ProjectSettings) -> None:
        """Start nothing yet."""
        self.parses = 0
        self._settings = settings

    def invoke(self, call: DbtCall) -> tuple[bool, tuple[NodeResult, ...]]:
        """Run a command.

        Returns:
            whether it succeeded, and what came of each node.

        Raises:
            ProjectError: dbt gave up before any node ran; or one of the errors of `refusals`.
        """
        settings = self._settings
        artifact = settings.target_dir / "run_results.json"
        artifact.unlink(missing_ok=True)  # a command that runs nothing leaves the last one's
        process = subprocess.run(  # noqa: S603 - our own interpreter
            [
                *(sys.executable, "-c", _DBT),
                *settings.arguments(call),
            ],
            env={**os.environ, **settings.env},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        self.parses += 1
        if artifact.exists():
            return process.returncode == 0, tuple(_read_results(artifact))
        if process.returncode != 0:
            message = _last_error(settings.dbt_log) or process.stdout
            raise refusal(message, settings.project_dir, settings.log_of(call))
        return True, ()


def _read_results(artifact: Path) -> Iterator[NodeResult]:
    manifest = json.loads(artifact.with_name("manifest.json").read_text(encoding="utf-8"))
    for result in json.loads(artifact.read_text(encoding="utf-8"))["results"]:
        node = manifest["nodes"].get(result["unique_id"]) or {}
        yield NodeResult(
            unique_id=result["unique_id"],
            name=node.get("name") or result["unique_id"].split(".")[2],
            resource_type=result["unique_id"].split(".")[0],
            status=result["status"],
            seconds=result["execution_time"],
            rows_affected=result["adapter_response"].get("rows_affected"),
            message=clean_message(result["message"]),
            path=node.get("original_file_path", ""),
            compiled_path=node.get("compiled_path"),
            relation_name=node.get("relation_name"),
        )


def _last_error(log: Path) -> str:
    """Return the message under the last error in a log of dbt."""
    text = log.read_text(encoding="utf-8") if log.exists() else ""
    return text.rpartition("Encountered an error:\n")[2]
