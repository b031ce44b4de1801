"""The lock of a run: one process at a time works on a database, also while nobody has it open.

DuckDB's own lock is not enough: between dbt and the shards of a year the file is closed. The
operating system holds this one for as long as its owner lives and no longer, on this machine and,
where the file system carries locks, on others; the file only says who that is, and at which run. It
must never decide by what the file says whether somebody is alive.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
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
        run_id: of the run that it has begun, if it has.
    """

    pid: int
    host: str
    since: str
    run_id: str | None = None

    def __str__(self) -> str:
        """Name the owner to a person."""
        return f"process {self.pid} on {self.host}, since {self.since}"


class HeldLock:
    """The lock of a database, for as long as it is held.

    Attributes:
        dead: who died without letting go of it, if somebody did.
    """

    def __init__(self, descriptor: int) -> None:
        """Take over a lock that the operating system has given to this process."""
        self.dead = _read_owner(descriptor)
        self._descriptor = descriptor
        now = datetime.now(UTC).isoformat(timespec="seconds")
        self._owner = LockOwner(os.getpid(), socket.gethostname(), now)
        self._write(json.dumps(asdict(self._owner)))

    def name_run(self, run_id: str) -> None:
        """Say which run is at work under the lock, for whoever reads its record meanwhile."""
        self._write(json.dumps(asdict(replace(self._owner, run_id=run_id))))

    def let_go(self) -> None:
        """Say that nobody is at work."""
        self._write("")

    def _write(self, text: str) -> None:
        content = text.encode()
        os.pwrite(self._descriptor, content, 0)
        os.ftruncate(self._descriptor, len(content))


@contextmanager
def hold_lock(file: Path, database: Path) -> Iterator[HeldLock]:
    """Keep every other run away from a database.

    Args:
        file: the lock file; made where it is missing, its folder too.
        database: whom the lock is about, for the message.

    Yields:
        the lock.

    Raises:
        DatabaseInUseError: somebody else holds the lock; says who.
        InputError: the file can't be made.
    """
    descriptor = _acquire(file, database)
    lock = HeldLock(descriptor)
    try:
        yield lock
    finally:
        lock.let_go()
        # alone in its folder, it belongs to a run that was refused: leave nothing
        if [path.name for path in file.parent.iterdir()] == [file.name]:
            file.unlink()
            file.parent.rmdir()
        os.close(descriptor)


def is_at_work(file: Path, run_id: str) -> bool:
    """Return whether the owner of a lock lives and is at work on a run; writes nothing.

    Where that can't be found out, since the file is not ours to look at, nobody is declared dead.

    Args:
        file: the lock file; need not exist.
        run_id: of a run that has not said that it ended.
    """
    try:
        descriptor = os.open(file, os.O_RDONLY)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    try:
        owner = None if _lock(descriptor, fcntl.LOCK_SH) else _read_owner(descriptor)
    finally:
        os.close(descriptor)
    return owner is not None and owner.run_id == run_id


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
        while not _lock(descriptor, fcntl.LOCK_EX):
            if _lock(descriptor, fcntl.LOCK_SH):
                continue  # whoever shares it only looks, and is gone at once
            owner = _read_owner(descriptor)
            os.close(descriptor)
            raise DatabaseInUseError(
                f"{database} is in use by another run: {owner or 'one that just starts'}. Wait "
                "until it ends, or stop it, then try again."
            )
        if _is(file, descriptor):
            return descriptor
        os.close(descriptor)  # whoever had it has removed the file meanwhile


def _is(file: Path, descriptor: int) -> bool:
    return file.exists() and os.path.samestat(file.stat(), os.fstat(descriptor))


def _lock(descriptor: int, kind: int) -> bool:
    """Lock a file, or return that others have it."""
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _read_owner(descriptor: int) -> LockOwner | None:
    text = os.pread(descriptor, 4096, 0)
    try:
        return LockOwner(**json.loads(text))
    except (ValueError, TypeError):
        return None
