"""Ctrl-C while DuckDB works. DuckDB 2.0.0 alone loses every second one in these tests."""

import os
import signal
import threading
import time
from pathlib import Path

import duckdb
import pytest

from shardrun.database.connection import memory_database, open_database
from shardrun.database.interrupts import interruptible

# one thread of DuckDB has all the work, and it is as often as not another than the one that asked
ENDLESS = "select count(*) from range(1000000000000) as numbers (n) where n % 7 = 9"


def press_when_at_work(stop: signal.Signals) -> threading.Thread:
    def press() -> None:
        time.sleep(0.3)
        os.kill(os.getpid(), stop)

    thread = threading.Thread(target=press)
    thread.start()
    return thread


@pytest.mark.parametrize("turn", range(6))
def test_one_ctrl_c_ends_a_query_whichever_thread_is_at_it(turn: int) -> None:
    with duckdb.connect() as connection:
        pressed = press_when_at_work(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt), interruptible(connection.interrupt):
            connection.execute(ENDLESS)
        pressed.join()
        assert connection.execute("select 1").fetchall() == [(1,)]


def test_an_interrupt_leaves_an_open_database_as_a_keyboard_interrupt(tmp_path: Path) -> None:
    path = tmp_path / "empty.duckdb"
    with memory_database() as connection:
        connection.execute(f"attach '{path}' as made")
    pressed = press_when_at_work(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt), open_database(path) as connection:
        connection.execute(ENDLESS)
    pressed.join()


def test_a_handler_of_sigterm_ends_the_query_too_and_is_back_afterwards() -> None:
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        pressed = press_when_at_work(signal.SIGTERM)
        with pytest.raises(KeyboardInterrupt), memory_database() as connection:
            connection.execute(ENDLESS)
        pressed.join()
        assert signal.getsignal(signal.SIGTERM) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGTERM, before)


def test_what_does_not_handle_a_signal_goes_on_ignoring_it() -> None:
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        with memory_database() as connection:
            os.kill(os.getpid(), signal.SIGTERM)
            assert connection.execute("select 1").fetchall() == [(1,)]
    finally:
        signal.signal(signal.SIGTERM, before)


def test_a_thread_without_signals_may_use_a_database() -> None:
    rows = []

    def read() -> None:
        with memory_database() as connection:
            rows.extend(connection.execute("select 1").fetchall())

    thread = threading.Thread(target=read)
    thread.start()
    thread.join()
    assert rows == [(1,)]
