"""Ctrl-C while DuckDB works: its client says RuntimeError, and we say KeyboardInterrupt again.

Must never hide any other error.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def keyboard_interrupts() -> Iterator[None]:
    """Let a DuckDB query that Ctrl-C stopped end as every other Python code does.

    Raises:
        KeyboardInterrupt: if the block's query was interrupted by a signal.
    """
    try:
        yield
    except RuntimeError as error:
        if str(error) != "Query interrupted":
            raise
        raise KeyboardInterrupt from error
