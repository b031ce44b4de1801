"""A database file as a DuckDB of years to come would write it: DuckDB itself refuses to open it.

The first block of a file begins with a checksum (8 bytes), `DUCK`, and the version of the storage
format (8 bytes, little-endian). It must never know what shardrun says to such a file.
"""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import pytest

_VERSION = slice(12, 20)
_CHECKSUM = slice(0, 8)


def let_newer_duckdb_have_written(path: Path) -> None:
    """Raise the version of a database's storage format beyond all that DuckDB knows."""
    content = bytearray(path.read_bytes())
    content[_VERSION] = (10**6).to_bytes(8, "little")
    path.write_bytes(content)
    with pytest.raises(duckdb.Error) as damaged:  # DuckDB itself says what the checksum must be
        duckdb.connect(path, read_only=True)
    checksum = re.search(r"computed checksum (\d+)", str(damaged.value))
    assert checksum is not None, damaged.value
    content[_CHECKSUM] = int(checksum[1]).to_bytes(8, "little")
    path.write_bytes(content)
