"""Quoting: the one place where Python values and names become SQL text.

Prefer bound parameters; use these where DuckDB takes none (ATTACH, SET, COPY options, names).
"""

from __future__ import annotations

import re
from pathlib import Path

_IDENTIFIER = re.compile(r'"(?P<quoted>(?:[^"]|"")+)"|(?P<plain>[^."]+)')


def quote_identifier(name: str) -> str:
    """Return ``name`` as a quoted SQL identifier.

    Raises:
        ValueError: if the name is empty or holds a NUL, which no identifier can.
    """
    if not name or "\0" in name:
        raise ValueError(f"not a usable SQL identifier: {name!r}")
    return '"' + name.replace('"', '""') + '"'


def split_identifiers(name: str) -> tuple[str, ...]:
    """Return the parts of a qualified SQL name, unquoted: the way back from quoted names."""
    return tuple(
        part["plain"] or part["quoted"].replace('""', '"') for part in _IDENTIFIER.finditer(name)
    )


def quote_literal(value: str | Path) -> str:
    """Return ``value`` as a quoted SQL string literal.

    Raises:
        ValueError: if the value holds a NUL, which would end the statement early.
    """
    text = str(value)
    if "\0" in text:
        raise ValueError(f"a NUL can't stand in a SQL string: {text!r}")
    return "'" + text.replace("'", "''") + "'"
