"""Bytecode that is kept for the next process, by the text that it was compiled from.

Python keeps that of modules only; dbt's classes and Jinja's templates are texts that are compiled
anew at every start. It must never take the bytecode of one text for that of another.
"""

from __future__ import annotations

import marshal
from collections.abc import Callable
from functools import cached_property
from types import CodeType

from shardrun.cache_file import CacheFile

_MOST_BYTES = 8 * 2**20  # three times what dbt's classes, or a large project's templates, come to


class KeptBytecode:
    """Bytecode by key, in one file."""

    def __init__(self, file: CacheFile) -> None:
        """Read nothing yet.

        Args:
            file: where it is kept.
        """
        self._file = file
        self._used: dict[str, CodeType] = {}
        self._has_new = False

    def code(self, key: str, compile_text: Callable[[], CodeType]) -> CodeType:
        """Return the bytecode of a key, compiled if it is not kept."""
        code = self._used.get(key) or self._kept.get(key)
        if code is None:
            code = compile_text()
            self._has_new = True
        self._used[key] = code
        return code

    def keep(self) -> None:
        """Keep what had to be compiled, beside what was there until that is too much."""
        if not self._has_new:
            return
        content = marshal.dumps(self._kept | self._used)
        if len(content) > _MOST_BYTES:
            content = marshal.dumps(self._used)
        self._file.write(content)
        self._has_new = False

    @cached_property
    def _kept(self) -> dict[str, CodeType]:
        # marshal may end the process over what was damaged, or written by another Python
        if (content := self._file.read()) is None:
            return {}
        kept: dict[str, CodeType] = marshal.loads(content)  # noqa: S302
        return kept
