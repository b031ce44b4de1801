"""A file that is whole or not there, whatever ends the process that writes it.

It must never decide what is written, nor translate what goes wrong.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replaced_when_whole(target: Path) -> Iterator[Path]:
    """Yield a path beside the target to write to, which takes its place; on failure it is removed.

    Args:
        target: in a folder that exists.

    Raises:
        OSError: the target can't be replaced.
    """
    partial = target.with_name(f".{target.name}.{secrets.token_hex(4)}.partial")
    try:
        yield partial
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
