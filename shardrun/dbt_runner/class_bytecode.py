"""The bytecode of the classes that dbt's import writes, kept as Python keeps that of modules.

dataclasses and mashumaro write the methods of a thousand classes as text, the same every time, and
to compile it is a quarter of the import: 0.6 of 2.5 seconds. Bytecode must never be taken for that
of another text, Python or dbt; where it can't be kept, all is compiled as ever.
"""

from __future__ import annotations

import builtins
import dataclasses
import hashlib
import importlib.util
import logging
import marshal
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from types import CodeType
from typing import Any

from platformdirs import user_cache_path

from shardrun.dbt_runner.substitution import substituted
from shardrun.whole_file import replaced_when_whole

_logger = logging.getLogger(__name__)
# mashumaro's names for the parts of unions and typed dictionaries; no other import has that text
_NAMED_BY_CHANCE = re.compile(r"__[0-9a-f]{32}\b")
_DIGEST_BYTES = hashlib.sha256().digest_size


@contextmanager
def kept_bytecode() -> Iterator[None]:
    """Compile no text of a class within that an earlier import has compiled."""
    from mashumaro.core.meta.code import builder

    folder = user_cache_path("shardrun", appauthor=False)
    kept = KeptBytecode(folder / f"dbt-classes.{sys.implementation.cache_tag}.marshal")
    with substituted([(dataclasses, "exec", kept.execute), (builder, "exec", kept.execute)]):
        yield
    kept.keep()


class KeptBytecode:
    """Bytecode by the text that it was compiled from."""

    def __init__(self, file: Path) -> None:
        """Read nothing yet.

        Args:
            file: where it is kept.
        """
        self._file = file
        self._compiled: dict[str, CodeType] = {}

    def execute(
        self, text: str, names: dict[str, Any] | None = None, local: dict[str, Any] | None = None
    ) -> None:
        """Execute a text as ``exec`` does in a module without imports from ``__future__``."""
        code = self._kept.get(text) or self._compiled.get(text)
        if code is None:
            code = compile(text, "<string>", "exec", dont_inherit=True)
            if not _NAMED_BY_CHANCE.search(text):
                self._compiled[text] = code
        builtins.exec(code, names, local)  # noqa: S102 - as dataclasses and mashumaro do

    def keep(self) -> None:
        """Keep what had to be compiled, beside what was there."""
        if not self._compiled:
            return
        content = marshal.dumps(self._kept | self._compiled)
        try:
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with replaced_when_whole(self._file) as partial:
                partial.write_bytes(_digest(content) + content)
        except OSError as error:
            _logger.debug("the bytecode of dbt's classes can't be kept: %s", error)

    @cached_property
    def _kept(self) -> dict[str, CodeType]:
        try:
            read = self._file.read_bytes()
        except OSError:
            return {}
        digest, content = read[:_DIGEST_BYTES], read[_DIGEST_BYTES:]
        # marshal may end the process over what was damaged, or written by another Python
        if digest != _digest(content):
            return {}
        kept: dict[str, CodeType] = marshal.loads(content)  # noqa: S302
        return kept


def _digest(content: bytes) -> bytes:
    """Digest bytecode together with what else decides it, and what it is of no use without."""
    packages = ("dbt-core", "dbt-adapters", "dbt-duckdb", "mashumaro")
    made_by = (importlib.util.MAGIC_NUMBER, *map(version, packages))
    return hashlib.sha256(repr(made_by).encode() + content).digest()
