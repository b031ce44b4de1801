"""dbt as a person types it, without anything of ours: what the resident dbt is measured against.

Owns the process in which it runs: one for the commands of many tests, so that dbt is imported
once. They go through dbtRunner, the function of dbt's command line; a process for each command is
tried in test_dbt_runner.py, on a small project.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from tests.support.render import REPOSITORY


@dataclass(frozen=True, slots=True)
class Said:
    """How a command ended, and what it printed."""

    success: bool
    said: str


class PlainDbt(AbstractContextManager["PlainDbt"]):
    """A process of dbt."""

    def __init__(self, log: Path) -> None:
        """Start it.

        Args:
            log: where what it has to complain of goes.
        """
        self._log = log
        with log.open("w") as stderr:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.support.dbt_process"],
                cwd=REPOSITORY,
                env={**os.environ, "DBT_SEND_ANONYMOUS_USAGE_STATS": "0"},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
            )

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End it."""
        self._process.communicate()

    def run(
        self,
        project: Path,
        *arguments: str,
        env: Mapping[str, str],
        **variables: object,
    ) -> Said:
        """Run one command.

        Args:
            project: the working directory, as who types `cd`.
            *arguments: the command, without vars.
            env: environment variables of the command.
            **variables: vars.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        command = {
            "arguments": [*arguments, *(("--vars", json.dumps(variables)) if variables else ())],
            "environment": dict(env),
            "folder": str(project),
        }
        print(json.dumps(command), file=self._process.stdin, flush=True)
        line = self._process.stdout.readline()
        assert line, self._log.read_text()
        return Said(**json.loads(line))
