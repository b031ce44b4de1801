"""What a process and all that it started take of the machine: CPU, memory, reading and writing.

Owns the one place that looks at processes for their cost. It must never take more than a hundredth
of a core's time for that, nor keep a thread beyond the block that it measures.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import thread_time
from types import TracebackType
from typing import Self

import psutil

_SECONDS_BETWEEN_LOOKS = 0.2
_PAUSE_OVER_COST = 100
_KERNEL_LISTS_CHILDREN = Path("/proc/thread-self/children").exists()


@dataclass(frozen=True, slots=True)
class ResourceUsage:
    """What a block took of the machine, in all processes of the tree.

    Attributes:
        cpu_seconds: in user and system mode, on all cores; of processes that have ended too.
        peak_memory: the highest sum of resident memory that was seen, in bytes; what processes
            share counts for each of them.
        read_bytes: by calls of the operating system, from its cache too; None where it does not
            say (it does on Linux).
        written_bytes: likewise.
    """

    cpu_seconds: float
    peak_memory: int
    read_bytes: int | None
    written_bytes: int | None


def total_usage(usages: Iterable[ResourceUsage | None]) -> ResourceUsage | None:
    """Return what blocks took that ran one after another; None if one of them is not known."""
    known: list[ResourceUsage] = []
    for usage in usages:
        if usage is None:
            return None
        known.append(usage)
    return ResourceUsage(
        cpu_seconds=sum(usage.cpu_seconds for usage in known),
        peak_memory=max((usage.peak_memory for usage in known), default=0),
        read_bytes=_total([usage.read_bytes for usage in known]),
        written_bytes=_total([usage.written_bytes for usage in known]),
    )


@dataclass(frozen=True, slots=True)
class TreeReading:
    """One look at a process tree: its memory, and counters that only grow; see ResourceUsage."""

    cpu_seconds: float
    memory: int
    read_bytes: int | None
    written_bytes: int | None


class ProcessTree:
    """A process and all its descendants."""

    def __init__(self, pid: int | None = None) -> None:
        """Take a process as the root.

        Args:
            pid: of the root; None means this process.

        Raises:
            psutil.NoSuchProcess: there is none.
        """
        self._root = psutil.Process(pid)
        self._tells_io = _read_and_written(self._root) is not None

    def read(self) -> TreeReading:
        """Look at the tree as it is now.

        The kernel adds the counters of a process that has ended to those of its parent. Parents are
        read first, so that one that ends meanwhile is missed until the next look, and never
        counted twice.
        """
        cpu, memory, read, written = 0.0, 0, 0, 0
        for process in _descending(self._root):
            with suppress(psutil.NoSuchProcess), process.oneshot():
                cpu += sum(process.cpu_times()[:4])  # with those of children that have ended
                memory += process.memory_info().rss
                if self._tells_io:
                    own = _read_and_written(process) or (0, 0)  # a zombie's are denied
                    read, written = read + own[0], written + own[1]
        io = (read, written) if self._tells_io else (None, None)
        return TreeReading(cpu, memory, *io)


class ResourceSampler:
    """Measures a block of code: the counters at its begin and end, the memory in between too."""

    def __init__(
        self,
        read: Callable[[], TreeReading] | None = None,
        clock: Callable[[], float] = thread_time,
    ) -> None:
        """Prepare to measure; a ``with`` statement starts it.

        Args:
            read: looks at the tree; None means that of this process.
            clock: seconds that the calling thread has spent, by which a look's cost is known.
        """
        self._read = read or ProcessTree().read
        self._clock = clock
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._sample, name="resource-sampler", daemon=True)

    def __enter__(self) -> Self:
        """Begin to measure."""
        self._begin = self._last = self._read()
        self._peak = self._begin.memory
        self._thread.start()
        return self

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Sample no more."""
        self._stop.set()
        self._thread.join()

    def usage(self) -> ResourceUsage:
        """Look once more, and return what was used since the block began."""
        self.look()
        with self._lock:
            begin, last = self._begin, self._last
            return ResourceUsage(
                cpu_seconds=last.cpu_seconds - begin.cpu_seconds,
                peak_memory=self._peak,
                read_bytes=_grown(begin.read_bytes, last.read_bytes),
                written_bytes=_grown(begin.written_bytes, last.written_bytes),
            )

    def look(self) -> float:
        """Take a sample.

        Returns:
            the seconds to wait before the next, so that looking stays cheap on any machine.
        """
        started = self._clock()
        reading = self._read()
        with self._lock:
            self._last = _further(self._last, reading)
            self._peak = max(self._peak, reading.memory)
        return max(_SECONDS_BETWEEN_LOOKS, _PAUSE_OVER_COST * (self._clock() - started))

    def _sample(self) -> None:
        pause = _SECONDS_BETWEEN_LOOKS
        while not self._stop.wait(pause):
            pause = self.look()


def _total(counts: Iterable[int | None]) -> int | None:
    total = 0
    for count in counts:
        if count is None:
            return None
        total += count
    return total


def _further(last: TreeReading, reading: TreeReading) -> TreeReading:
    """Return a reading whose counters are no lower than before, though it missed a process."""
    return TreeReading(
        max(last.cpu_seconds, reading.cpu_seconds),
        reading.memory,
        _higher(last.read_bytes, reading.read_bytes),
        _higher(last.written_bytes, reading.written_bytes),
    )


def _higher(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else max(one, other)


def _grown(begin: int | None, end: int | None) -> int | None:
    return None if begin is None or end is None else end - begin


def _descending(process: psutil.Process) -> Iterator[psutil.Process]:
    """Yield a process and its descendants, each after its parent."""
    yield process
    for child in _children(process):
        with suppress(psutil.NoSuchProcess):
            yield from _descending(psutil.Process(child))


def _children(process: psutil.Process) -> list[int]:
    """Return the pids of the children.

    Where the kernel lists them, psutil still reads every process of the machine for it: 4 ms a look
    beside 90 processes, instead of 0.4 ms.
    """
    if not _KERNEL_LISTS_CHILDREN:
        return [child.pid for child in process.children()]
    children: list[int] = []
    with suppress(FileNotFoundError, ProcessLookupError):  # the process has ended
        for task in Path(f"/proc/{process.pid}/task").iterdir():
            with suppress(FileNotFoundError, ProcessLookupError):  # the thread has ended
                children += map(int, (task / "children").read_text(encoding="ascii").split())
    return children


def _read_and_written(process: psutil.Process) -> tuple[int, int] | None:
    try:
        counters = process.io_counters()
    except (AttributeError, psutil.AccessDenied):  # macOS has none
        return None
    return counters.read_chars, counters.write_chars
