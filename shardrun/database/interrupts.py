"""Ctrl-C while DuckDB works: it ends the query, whichever of DuckDB's threads is at it.

DuckDB 2.0.0 looks for signals in the thread that asked, and then waits for the others, which no
one has told: with the last of a query in one of those, Ctrl-C waits for the query's end. So the
handler tells the connection first. An interrupt must never be lost to what becomes of it inside,
and no other error may be hidden.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

import duckdb

from shardrun.error_frames import let_go


@contextmanager
def interruptible(interrupt: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Let Ctrl-C, or what else has a handler that raises, end a DuckDB query as any Python code.

    Outside of the main thread, where Python has no signals, it does nothing.

    Args:
        interrupt: ends the queries that the block may run: a connection's ``interrupt``; needless
            where all of them are short.

    Raises:
        KeyboardInterrupt: or what else a signal's handler raised, whatever the block made of it.
    """
    interruptions: list[BaseException] = []
    with _told_first(interrupt, interruptions):
        try:
            yield
        except BaseException as error:
            if not interruptions:
                raise
            let_go(error)
        if interruptions:  # of which DuckDB and dbt make errors of their own, or nothing
            let_go(interruptions[0])
            raise interruptions[0]


@contextmanager
def _told_first(
    interrupt: Callable[[], None], interruptions: list[BaseException]
) -> Iterator[None]:
    """Call ``interrupt`` before the handlers of SIGINT and SIGTERM, and keep what these raise."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)}
    handled = {each: handler for each, handler in before.items() if callable(handler)}

    def tell(number: int, frame: FrameType | None) -> None:
        with suppress(duckdb.ConnectionException):  # it is closed, so no query is at work
            interrupt()
        try:
            handled[signal.Signals(number)](number, frame)
        except BaseException as interruption:
            interruptions.append(interruption)
            raise

    for each in handled:
        signal.signal(each, tell)
    try:
        yield
    finally:
        for each, handler in handled.items():
            signal.signal(each, handler)
