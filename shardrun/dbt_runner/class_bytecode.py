"""dbt imported without compiling its classes anew.

dataclasses and mashumaro write the methods of a thousand classes as text, the same every time, and
to compile it is a quarter of the import: 0.6 of 2.5 seconds. It must never run a text otherwise
than they would.
"""

from __future__ import annotations

import builtins
import dataclasses
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from types import CodeType
from typing import Any

from shardrun.dbt_runner.dbt_cache import dbt_cache_file
from shardrun.dbt_runner.kept_bytecode import KeptBytecode
from shardrun.dbt_runner.substitution import substituted

# mashumaro's names for the parts of unions and typed dictionaries; no other import has that text
_NAMED_BY_CHANCE = re.compile(r"__[0-9a-f]{32}\b")


@contextmanager
def kept_class_bytecode() -> Iterator[None]:
    """Compile no text of a class within that an earlier import has compiled."""
    from mashumaro.core.meta.code import builder

    kept = KeptBytecode(dbt_cache_file("dbt-classes.marshal"))
    execute = partial(execute_text, kept)
    with substituted([(dataclasses, "exec", execute), (builder, "exec", execute)]):
        yield
    kept.keep()


def execute_text(
    kept: KeptBytecode,
    text: str,
    names: dict[str, Any] | None = None,
    local: dict[str, Any] | None = None,
) -> None:
    """Execute a text as ``exec`` does in a module without imports from ``__future__``.

    Args:
        kept: has its bytecode, or takes it.
        text: Python.
        names: the globals it sees.
        local: the locals it sees, where its definitions go.
    """

    def compiled() -> CodeType:
        return compile(text, "<string>", "exec", dont_inherit=True)

    code = compiled() if _NAMED_BY_CHANCE.search(text) else kept.code(text, compiled)
    builtins.exec(code, names, local)  # noqa: S102 - as dataclasses and mashumaro do
