"""A command on a real terminal, and what its window held each time that it was drawn anew."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pexpect

from tests.support.command_line import environment

# what Rich sends before it draws a live display again: back to its first line, each one erased
_REDRAWN = re.compile(r"\r(?:\x1b\[2K)?(?:\x1b\[1A\x1b\[2K)*(?=[^\n])")
COLOUR = re.compile(r"\x1b\[[0-9;]*(?:3[0-7]|9[0-7]|38;[0-9;]+)[0-9;]*m")

_STYLE = re.compile(r"\x1b\[[0-9;]*m")
_CONTROL = re.compile(r"\x1b\[[?0-9;]*[A-Za-ln-z]")


def watch(*arguments: object, cwd: Path, width: int, **changes: str) -> list[str]:
    """Run a command to its good end; return each picture of its window, with styles alone.

    Args:
        *arguments: behind `shardrun`.
        cwd: where it runs.
        width: columns of the window.
        **changes: variables beside those of this process.
    """
    variables = environment(width, TERM="xterm-256color", **changes)
    if "NO_COLOR" not in changes:
        variables.pop("NO_COLOR", None)
    shown, status = pexpect.run(
        " ".join([sys.executable, "-m", "shardrun", *map(str, arguments)]),
        cwd=str(cwd),
        env=variables,
        withexitstatus=True,
        timeout=None,
        dimensions=(40, width),
    )
    text = shown.decode().replace("\r\n", "\n")
    assert status == 0, text
    return [_CONTROL.sub("", frame) for frame in _REDRAWN.split(text)]


def plain(frame: str) -> list[str]:
    """Return the lines of a picture without their styles."""
    return [line.rstrip() for line in _STYLE.sub("", frame).splitlines()]
