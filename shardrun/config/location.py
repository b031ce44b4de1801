"""From where a configuration was read, for commands that people are to paste.

It is no part of what the configuration says: nothing may follow from it but words.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class ConfigLocation:
    """From where a configuration was read; any equals any, as configurations that say the same do.

    Attributes:
        file: as it was named; None where none was.
        directory: what that is relative to, and every path in it; None means where the program
            runs.
    """

    file: Path | None = field(default=None, compare=False)
    directory: Path | None = field(default=None, compare=False)

    def command(self, command: str) -> str:
        """Return a command that is to read the same configuration again, for a shell.

        Args:
            command: without `--config`, its words quoted.
        """
        there = f"cd {shlex.quote(str(self.directory))} && " if self.directory else ""
        again = f" --config {shlex.quote(str(self.file))}" if self.file else ""
        return f"{there}{command}{again}"
