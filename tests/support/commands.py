"""Every command of the command line, found in the command line itself."""

from __future__ import annotations

from typing import Any

from typer.main import get_command

from shardrun.cli import app


def command_names() -> list[str]:
    """Return the commands as one types them, groups too; the first is shardrun itself."""
    return _below(get_command(app), ())


def _below(command: Any, path: tuple[str, ...]) -> list[str]:
    found = [" ".join(path)]
    for name, child in getattr(command, "commands", {}).items():
        found += _below(child, (*path, name))
    return found
