"""A file in the person's cache folder, which holds what a later run need not work out again.

What is kept is bytecode and pickles, which can do anything as they are read. So it must never lie
in a project, which may be somebody else's, nor be read unless it is whole, and made by what would
make it now. Where nothing can be kept, all is worked out as ever.
"""

from __future__ import annotations

import hashlib
import logging
import sys
from collections.abc import Iterable
from contextlib import suppress
from functools import cache
from importlib.resources import files
from pathlib import Path

from platformdirs import user_cache_path

from shardrun.whole_file import replaced_when_whole

_logger = logging.getLogger(__name__)
_DIGEST_BYTES = hashlib.sha256().digest_size


class CacheFile:
    """One file; its content follows from Python and from what else it is said to follow from."""

    def __init__(self, name: str, follows_from: Iterable[str]) -> None:
        """Read nothing yet.

        Args:
            name: of the file in the cache folder, without the Python it is for.
            follows_from: all that decides the content, but Python.
        """
        stem, dot, suffix = name.rpartition(".")
        folder = user_cache_path("shardrun", appauthor=False)
        self.path = folder / f"{stem}.{sys.implementation.cache_tag}{dot}{suffix}"
        self._made_by = repr((sys.version, *follows_from)).encode()

    def read(self) -> bytes | None:
        """Return what was written, if this process would write the same."""
        try:
            read = self.path.read_bytes()
        except OSError:
            return None
        digest, content = read[:_DIGEST_BYTES], read[_DIGEST_BYTES:]
        return content if digest == self._digest(content) else None

    def write(self, content: bytes, *, newest: int | None = None) -> None:
        """Take the place of what is there, or leave it if the folder can't be written to.

        Args:
            content: what a later run reads.
            newest: how many files of its kind stay, this one among them; None keeps all.
        """
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with replaced_when_whole(self.path) as partial:
                partial.write_bytes(self._digest(content) + content)
        except OSError as error:
            _logger.debug("%s can't be kept for the next run: %s", self.path, error)
        if newest is not None:
            with suppress(OSError):  # another run may be removing the same
                beside = sorted(self.path.parent.glob(f"*{self.path.suffix}"), key=_written)
                for old in beside[:-newest]:
                    old.unlink()

    def _digest(self, content: bytes) -> bytes:
        return hashlib.sha256(self._made_by + content).digest()


def content_digest(file: Path) -> str:
    """Return what tells the bytes of a file from all others, in hexadecimal digits.

    Raises:
        OSError: it can't be read, or is no file: to open a pipe would wait for who writes to it.
    """
    if not file.is_file():
        raise OSError(f"{file} is no file")
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


@cache
def code_digest(*packages: str) -> str:
    """Return what tells the modules of packages of ours from those of any other version."""
    code = hashlib.sha256()
    for package in packages:
        for module in sorted(files(package).iterdir(), key=lambda module: module.name):
            if module.is_file():
                code.update(module.read_bytes())
    return code.hexdigest()


def _written(file: Path) -> float:
    return file.stat().st_mtime
