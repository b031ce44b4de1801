"""One transaction of DuckDB: all that a block writes, or nothing of it, however the block ends.

The one place that begins, commits or rolls back. It must never decide what is written.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

import duckdb


@contextmanager
def transaction(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Commit what the block writes if it comes to its end, and nothing if it does not.

    Args:
        connection: with no transaction open.
    """
    connection.begin()
    try:
        yield
    except BaseException:
        # a full disk or memory has rolled back already; what ended the block is what must be told
        with suppress(duckdb.Error):
            connection.rollback()
        raise
    connection.commit()
