"""Ctrl-C while dbt runs queries: all of them end, whichever of dbt's threads waits for them.

Owns what an interrupt does to dbt's connections. It must never wait for one of dbt's locks, which
the interrupted thread itself may hold.
"""

from __future__ import annotations

from dbt.adapters.contracts.connection import Connection, ConnectionState
from dbt.adapters.duckdb.environments.local import LocalEnvironment
from dbt.adapters.factory import FACTORY

from shardrun.database.interrupts import end_queries
from shardrun.dbt_runner.substitution import Substitute


def interrupt_queries() -> None:
    """End the queries that dbt is running."""
    for adapter in list(FACTORY.adapters.values()):
        for connection in list(adapter.connections.thread_connections.values()):
            if connection.state == ConnectionState.OPEN:
                _cancel(connection)


def _cancel(connection: Connection) -> None:
    """End a connection's query, if its own thread has not closed it by now.

    dbt-duckdb 1.11 would answer that with an error, in which the interrupt and what dbt has still
    to cancel are lost.
    """
    end_queries(connection.handle.cursor().interrupt)


CANCELLATION: tuple[Substitute, ...] = ((LocalEnvironment, "cancel", staticmethod(_cancel)),)
