"""The lock of a run: one process at a time works on a database, also while nobody has it open.

DuckDB's own lock is not enough: between dbt and the shards of a year the file is closed. The
operating system holds this one for as long as its owner lives and no longer, on this machine and,
where the file system carries locks, on others; what the file says is only for people. It must
never decide by what the file says whether somebody is alive.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from shardrun.errors import DatabaseInUseError, InputError


@dataclass(frozen=True, slots=True)
class LockOwner:
    """Who holds a lock, or held it.

    Attributes:
        pid: process id.
        host: the machine it runs on.
        since: when it took the lock, UTC, as ISO 8601.
    """

    pid: int
    host: str
    since: str

    def __str__(self) -> str:
        """Name the owner to a person."""
        return f"process {self.pid} on {self.host}, since {self.since}"


@contextmanager
def hold_lock(file: Path, database: Path) -> Iterator[LockOwner | None]:
    """Keep every other run away from a database.

    Args:
        file: the lock file; made where it is missing, its folder too.
        database: whom the lock is about, for the message.

    Yields:
        who died without letting go of the lock, if somebody did.

    Raises:
        DatabaseInUseError: somebody else holds the lock; says who.
        InputError: the file can't be made.
    """
    descriptor = _acquire(file, database)
    try:
        dead = _read_owner(descriptor)
        _write(descriptor, json.dumps(asdict(_this_process())))
        yield dead
    finally:
        _write(descriptor, "")
        # alone in its folder, it belongs to a run that was refused: leave nothing
        if [path.name for path in file.parent.iterdir()] == [file.name]:
            file.unlink()
            file.parent.rmdir()
        os.close(descriptor)


def _acquire(file: Path, database: Path) -> int:
    while True:
        try:
            file.parent.mkdir(mode=0o700, exist_ok=True)
            descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise InputError(
                f"the run folder {file.parent} can't be made or written to: {error.strerror}. "
                "Name another place with --database."
            ) from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = _read_owner(descriptor)
            os.close(descriptor)
            raise DatabaseInUseError(
                f"{database} is in use by another run: {owner or 'one that just starts'}. Wait "
                "until it ends, or stop it, then try again."
            ) from None
        if _is(file, descriptor):
            return descriptor
        os.close(descriptor)  # whoever had it has removed the file meanwhile


def _is(file: Path, descriptor: int) -> bool:
    return file.exists() and os.path.samestat(file.stat(), os.fstat(descriptor))


def _this_process() -> LockOwner:
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return LockOwner(os.getpid(), socket.gethostname(), now)


def _read_owner(descriptor: int) -> LockOwner | None:
    text = os.pread(descriptor, 4096, 0)
    try:
        return LockOwner(**json.loads(text))
    except (ValueError, TypeError):
        return None


def _write(descriptor: int, text: str) -> None:
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, text.encode(), 0)
