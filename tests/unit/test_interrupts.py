"""Signals that stop a run: what becomes of them on their way out of what they came into."""

import os
import signal
import sys
import threading
import time
import weakref
from collections.abc import Callable
from contextlib import suppress

import pytest

from shardrun.interrupts import interrupts_kept, press_again


def press() -> None:
    os.kill(os.getpid(), signal.SIGINT)


def stumble_over_it() -> None:
    try:
        press()
    except KeyboardInterrupt as interrupt:
        raise ValueError("while it cleaned up") from interrupt


def swallow_it() -> None:
    with suppress(KeyboardInterrupt):
        press()


@pytest.mark.parametrize("block", [press, stumble_over_it, swallow_it])
def test_an_interrupt_is_never_lost_to_what_was_made_of_it(block: Callable[[], None]) -> None:
    answers: list[None] = []
    with pytest.raises(KeyboardInterrupt), interrupts_kept(lambda: answers.append(None)):
        block()
    assert len(answers) == 1


def test_an_interrupt_keeps_nothing_alive_that_it_interrupted() -> None:
    class Connection:
        pass

    connections = []

    def open_and_stop() -> None:
        opened = Connection()
        connections.append(weakref.ref(opened))
        stumble_over_it()

    with pytest.raises(KeyboardInterrupt) as kept, interrupts_kept():
        open_and_stop()
    assert [reference() for reference in connections] == [None]
    assert kept.value


class Lock:
    """One of Python's own, such as a condition's: interrupted as it is taken, or let go of."""

    def __init__(self, moment: str) -> None:
        self.is_held = False
        self._moment = moment

    def __enter__(self) -> None:
        self.is_held = True
        if self._moment == "taken":
            os.kill(os.getpid(), signal.SIGINT)

    def __exit__(self, *error: object) -> None:
        if self._moment == "let go":
            os.kill(os.getpid(), signal.SIGINT)
        self.is_held = False


@pytest.mark.parametrize("moment", ["taken", "let go"])
def test_an_interrupt_leaves_no_lock_locked(moment: str) -> None:
    def use() -> None:
        with lock:
            pass
        time.sleep(60)

    lock = Lock(moment)
    with pytest.raises(KeyboardInterrupt), interrupts_kept():
        use()
    assert not lock.is_held


def test_an_interrupt_does_not_wait_for_ever_for_a_lock() -> None:
    class Taken:
        def __enter__(self) -> None:
            os.kill(os.getpid(), signal.SIGINT)
            taken.acquire(timeout=60)

        def __exit__(self, *error: object) -> None:
            pass

    taken = threading.Lock()
    with taken, pytest.raises(KeyboardInterrupt), interrupts_kept(), Taken():
        pytest.fail("the lock was taken")


def test_other_errors_stay_what_they_are() -> None:
    with pytest.raises(RuntimeError, match="another"), interrupts_kept():
        raise RuntimeError("another")


def test_an_interrupt_inside_of_a_callback_comes_again(monkeypatch: pytest.MonkeyPatch) -> None:
    class Dropped:
        pass

    def drop() -> None:
        dropped = Dropped()
        _reference = weakref.ref(dropped, lambda _: press())
        del dropped
        time.sleep(60)

    monkeypatch.setattr(sys, "unraisablehook", press_again)
    with pytest.raises(KeyboardInterrupt):
        drop()


def test_another_error_inside_of_a_callback_is_printed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Dropped:
        def __del__(self) -> None:
            raise ValueError("as ever")

    monkeypatch.setattr(sys, "unraisablehook", press_again)
    Dropped()
    assert "ValueError: as ever" in capsys.readouterr().err
