"""The memory of a process and all its children, over time."""

from __future__ import annotations

import threading
from contextlib import suppress
from time import time

import psutil


class MemorySampler:
    """Samples the resident memory of a process tree until it is told to stop.

    Attributes:
        samples: seconds since the epoch, and bytes.
    """

    def __init__(self, pid: int, seconds_between: float = 0.05) -> None:
        """Start to sample.

        Args:
            pid: the root of the tree.
            seconds_between: two samples.
        """
        self.samples: list[tuple[float, int]] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._sample, args=(pid, seconds_between))
        self._thread.start()

    def stop(self) -> None:
        """Sample no more."""
        self._stop.set()
        self._thread.join()

    def peak(self, start: float, end: float) -> int:
        """Return the highest sum in a stretch of time, in bytes."""
        return max((size for at, size in self.samples if start <= at <= end), default=0)

    def _sample(self, pid: int, seconds_between: float) -> None:
        while not self._stop.wait(seconds_between):
            total = 0
            with suppress(psutil.NoSuchProcess):
                root = psutil.Process(pid)
                for process in (root, *root.children(recursive=True)):
                    with suppress(psutil.NoSuchProcess):
                        total += process.memory_info().rss
            self.samples.append((time(), total))
