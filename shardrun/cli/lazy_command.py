"""Commands whose modules are imported when they are called: a help, or a typo, waits for none.

Owns how a name becomes a module. It must never know what a command does.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from typer.core import TyperCommand
from typer.main import get_command


class LazyCommand(TyperCommand):
    """A command, or a group, of which only its name and what its help begins with are known."""

    def load(self) -> Any:
        """Return the command itself: that of the module that has its name."""
        return get_command(import_module(f"shardrun.cli.{self.name}").app)

    def make_context(self, *args: Any, **kwargs: Any) -> Any:
        """Parse the words behind the name, and hand all that follows to the command itself."""
        return self.load().make_context(*args, **kwargs)
