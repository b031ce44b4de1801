"""The command line within the tests' own process: for commands whose process is not the promise."""

from __future__ import annotations

import io
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import pytest

from shardrun import cli


@dataclass(frozen=True, slots=True)
class Invoked:
    """What a command said and how it ended."""

    returncode: int
    stdout: str
    stderr: str


def invoke(*arguments: object, cwd: Path | None = None, width: int = 80, **changes: str) -> Invoked:
    """Run one command as into two files.

    Args:
        *arguments: behind `shardrun`.
        cwd: where it runs; None leaves the process where it is.
        width: columns of the window.
        **changes: environment variables beside those of this process.
    """
    out, err = io.StringIO(), io.StringIO()
    with (
        pytest.MonkeyPatch.context() as patch,
        chdir(cwd or Path.cwd()),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        patch.delenv("FORCE_COLOR", raising=False)
        for name, value in {"COLUMNS": str(width), **changes}.items():
            patch.setenv(name, value)
        # typer reads these once, when it is imported
        patch.setattr("typer.rich_utils.MAX_WIDTH", width)
        patch.setattr("typer.rich_utils.FORCE_TERMINAL", None)
        returncode = cli.call(list(map(str, arguments)))
    return Invoked(returncode, out.getvalue(), err.getvalue())
