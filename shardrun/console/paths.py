"""A path on a line of its own, whole whatever the window's width, so that it can be copied."""

from __future__ import annotations

from pathlib import Path

from rich.text import Text


def path_line(label: str, path: Path) -> Text:
    """Return what a path is, and the path."""
    return Text(f"{label}  {path}", no_wrap=True, overflow="ignore")
