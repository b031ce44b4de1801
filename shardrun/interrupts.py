"""Ctrl-C, and SIGTERM where it has a handler that raises: none is lost to what becomes of it.

An interrupt is raised wherever the main thread happens to be. DuckDB, dbt and Python's own classes
make other errors of it, or nothing; one that comes inside of a callback Python prints and forgets;
one that comes as a lock of Python's is taken or let go of leaves that locked. It must never hide an
error that is not one's outcome.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from shardrun.error_frames import let_go

_MOMENT = 0.01
"""Seconds in which Python leaves a callback, or is done with a lock."""

_MOMENTS_FOR_A_LOCK = 100
"""How many pass before an interrupt is raised even there: the lock may never come."""

_AT_A_LOCK = frozenset({"__enter__", "__exit__"})
"""The functions in which those locks are taken and let go of."""


@contextmanager
def interrupts_kept(answer: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Let an interrupt leave the block as it came, whatever the block made of it.

    Outside of the main thread, where Python has no signals, it does nothing.

    Args:
        answer: is called before the signal's own handler, as soon as it comes; perhaps again.

    Raises:
        KeyboardInterrupt: or what else the signal's handler raised.
    """
    interrupts: list[BaseException] = []
    with _answered(answer, interrupts):
        try:
            yield
        except BaseException as error:
            if not interrupts:
                raise
            let_go(error)
        if interrupts:
            let_go(interrupts[0])
            raise interrupts[0]


def press_again(ignored: sys.UnraisableHookArgs) -> None:
    """Send an interrupt that came inside of a callback once more; a `sys.unraisablehook`.

    Args:
        ignored: what Python would print; all else it prints.
    """
    if isinstance(ignored.exc_value, KeyboardInterrupt):
        _send_again(signal.SIGINT)
    else:
        sys.__unraisablehook__(ignored)


@contextmanager
def _answered(answer: Callable[[], None], interrupts: list[BaseException]) -> Iterator[None]:
    """Call ``answer`` before the handlers of SIGINT and SIGTERM, and keep what these raise."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)}
    handled = {each: handler for each, handler in before.items() if callable(handler)}
    moments = iter(range(_MOMENTS_FOR_A_LOCK))

    def handle(number: int, frame: FrameType | None) -> None:
        answer()
        # where Python looks for signals with the lock taken and no `with` yet to let go of it, or
        # no longer; random Ctrl-C under load met it once in 400, in the pool of dbt's threads
        if frame and frame.f_code.co_name in _AT_A_LOCK and next(moments, None) is not None:
            _send_again(number)
            return
        try:
            handled[signal.Signals(number)](number, frame)
        except BaseException as interrupt:
            interrupts.append(interrupt)
            raise

    for each in handled:
        signal.signal(each, handle)
    try:
        yield
    finally:
        for each, handler in handled.items():
            signal.signal(each, handler)


def _send_again(number: int) -> None:
    threading.Timer(_MOMENT, os.kill, (os.getpid(), number)).start()
