"""Ctrl-C while DuckDB works: it ends the query, whichever of DuckDB's threads is at it.

DuckDB 2.0.0 looks for signals in the thread that asked, and then waits for the others, which no
one has told: with the last of a query in one of those, Ctrl-C waits for the query's end. So the
connection is told first. What an interrupt is otherwise, shardrun.interrupts owns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial

import duckdb

from shardrun.interrupts import interrupts_kept


@contextmanager
def interruptible(interrupt: Callable[[], None]) -> Iterator[None]:
    """Let Ctrl-C, or what else has a handler that raises, end a DuckDB query as any Python code.

    Args:
        interrupt: ends the queries that the block may run: a connection's ``interrupt``.

    Raises:
        KeyboardInterrupt: or what else the signal's handler raised.
    """
    with interrupts_kept(partial(end_queries, interrupt)):
        yield


def end_queries(interrupt: Callable[[], None]) -> None:
    """End the queries of a connection, which may have been closed by now.

    Args:
        interrupt: the connection's.
    """
    with suppress(duckdb.ConnectionException):  # it is closed, so no query is at work
        interrupt()
