"""The two streams of a command: data to stdout, everything else to stderr.

Every word that a command says goes through a :class:`Terminal`; nothing else may write to either
stream. Colours and live displays follow the stream: none in a file or pipe, none with NO_COLOR.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime

from rich.console import Console, RenderableType
from rich.measure import Measurement
from rich.text import Text

from shardrun.errors import ShardrunError


class Terminal:
    """Where one invocation of the command line speaks.

    Attributes:
        err: stderr, for progress and remarks.
        json: whether stdout is to carry exactly one JSON document.
        logs_json: whether stderr is to carry JSON alone, one object a line.
    """

    def __init__(self) -> None:
        """Take the process's own stdout and stderr."""
        self._out = Console(highlight=False)
        self.err = Console(stderr=True, highlight=False)
        self.json = False
        self.logs_json = False

    def fits(self, renderable: RenderableType) -> bool:
        """Return whether stdout has room for all columns of a table."""
        measured = Measurement.get(self._out, self._out.options.update(width=10_000), renderable)
        return measured.maximum <= self._out.width

    def show(self, renderable: RenderableType) -> None:
        """Put a result on stdout."""
        self._out.print(renderable, crop=False)

    def show_line(self, text: str) -> None:
        """Put one line on stdout as it is, never wrapped or read as markup."""
        self._out.print(Text(text), soft_wrap=True)

    def show_document(self, document: Mapping[str, object]) -> None:
        """Put the one JSON document on stdout."""
        self._out.print(Text(json.dumps(document, indent=2, ensure_ascii=False)), soft_wrap=True)

    def remark(self, text: str, style: str = "") -> None:
        """Say something beside the result, on stderr."""
        if self.logs_json:
            self.log({"event": "remark", "text": text})
        else:
            self.err.print(Text(text, style=style), soft_wrap=True)

    def log(self, event: Mapping[str, object]) -> None:
        """Put an event on stderr as one line of JSON, with the time in UTC."""
        line = {"time": datetime.now(UTC).isoformat(timespec="milliseconds"), **event}
        self.err.print(Text(json.dumps(line, ensure_ascii=False)), soft_wrap=True)

    def refuse(self, error: ShardrunError) -> None:
        """Say why the command ends without its result."""
        if self.logs_json:
            self.log({"event": "error", "text": error.message, "exit_code": error.exit_code})
        else:
            self.err.print(Text.assemble(("error: ", "bold red"), error.message), soft_wrap=True)
        if self.json:
            self.show_document(
                {"success": False, "error": error.message, "exit_code": error.exit_code}
            )
