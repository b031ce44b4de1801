"""The DuckDB instance that the resident dbt holds: cursors on it, and letting it go.

Owns the life of dbt's connections beyond one command. DuckDB lets one process write: after
:meth:`HeldDatabase.release` another process can open the file, until dbt or a cursor is asked for
again. It must never write anything itself.
"""

from __future__ import annotations

import os
from argparse import Namespace
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

import duckdb
import psutil
from dbt.adapters.contracts.connection import Connection, Credentials, Identifier
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.adapters.duckdb.credentials import DuckDBCredentials
from dbt.adapters.factory import cleanup_connections
from dbt.config.profile import Profile
from dbt.config.runtime import load_profile
from dbt.flags import set_from_args
from dbt_common.context import set_invocation_context
from dbt_common.exceptions import DbtBaseException

from shardrun.dbt_runner.command_line import ProjectSettings
from shardrun.dbt_runner.dbt_memory import DbtMemory
from shardrun.dbt_runner.isolation import dbt_inside
from shardrun.dbt_runner.refusals import refused
from shardrun.errors import DatabaseInUseError, ProjectError
from shardrun.interrupts import interrupts_kept
from shardrun.sql import quote_identifier


class HeldDatabase:
    """Hands out cursors on what dbt has open; opens it as dbt would if dbt has not yet."""

    def __init__(self, settings: ProjectSettings, memory: DbtMemory) -> None:
        """Open nothing yet.

        Args:
            settings: of the project.
            memory: what dbt has read of it.
        """
        self._settings = settings
        self._memory = memory
        self._held: Connection | None = None
        self._loaded: tuple[Mapping[str, Any], Profile] | None = None

    def cursor(self, variables: Mapping[str, Any]) -> duckdb.DuckDBPyConnection:
        """Return a cursor on the instance, with the profile's database as its catalog.

        Args:
            variables: the vars that the profile may ask for.

        Raises:
            ProjectError: the profile can't be loaded, or is not one for DuckDB.
            DatabaseInUseError: another process holds the file.
            DatabaseError: the file can't be opened.
        """
        with interrupts_kept():
            credentials = cast(DuckDBCredentials, self._profile(variables).credentials)
            environment = DuckDBConnectionManager._ENV
            if self._held is None or environment is None or environment.creds != credentials:
                self._let_go()
                self._held = self._open(credentials)
            # of the connection that stays open: DuckDB closes cursors together with their parent
            cursor: duckdb.DuckDBPyConnection = self._held.handle.cursor().cursor()
            # which begin with DuckDB's own TimeZone and integer_division, whatever the profile sets
            DuckDBConnectionManager.env().initialize_cursor(credentials, cursor)
            cursor.execute(f"use {quote_identifier(credentials.database)}")
            return cursor

    def names(self, variables: Mapping[str, Any]) -> Mapping[str, str]:
        """Return what dbt calls the target, and where in which database it writes.

        Raises:
            ProjectError: the profile can't be loaded, or is not one for DuckDB.
        """
        profile = self._profile(variables)
        return {
            "profile": profile.profile_name,
            "target": profile.target_name,
            "database": profile.credentials.database,
            "schema": profile.credentials.schema,
        }

    def release(self) -> None:
        """Close every connection that dbt or a caller of :meth:`cursor` has.

        Raises:
            DatabaseInUseError: something else in this process still has a file of it open.
        """
        self._let_go()
        environment = DuckDBConnectionManager._ENV
        if environment is None:
            return
        cleanup_connections()
        # forgotten before it is closed: Ctrl-C between the two would leave dbt a closed one
        DuckDBConnectionManager.close_all_connections()
        environment.close()
        # DuckDB keeps a file as long as any connection to it lives, one nobody told us of too
        still_open = set(_files(environment.creds)) & {
            Path(file.path) for file in psutil.Process().open_files()
        }
        if still_open:
            raise DatabaseInUseError(
                f"this process itself still holds {', '.join(map(str, sorted(still_open)))}; close "
                "every connection to it first."
            )

    def _open(self, credentials: Credentials) -> Connection:
        try:
            return DuckDBConnectionManager.open(
                Connection(Identifier("duckdb"), "shardrun", credentials)
            )
        except (DbtBaseException, ImportError, duckdb.Error) as error:
            raise refused(error, self._settings.project_dir) from error

    def _let_go(self) -> None:
        held, self._held = self._held, None
        if held is not None:
            DuckDBConnectionManager.close(held)

    def _profile(self, variables: Mapping[str, Any]) -> Profile:
        if self._loaded is None or self._loaded[0] != variables:
            self._loaded = variables, self._load_profile(variables)
        return self._loaded[1]

    def _load_profile(self, variables: Mapping[str, Any]) -> Profile:
        settings = self._settings
        asked_for = self._memory.asked_for(variables)
        with dbt_inside(settings.env, debug=settings.debug), self._memory.at_hand():
            try:
                profile = self._memory.once(lambda: self._load(asked_for), "connection", asked_for)
            except DbtBaseException as error:
                raise refused(error, settings.project_dir) from error
        if not isinstance(profile.credentials, DuckDBCredentials):
            raise ProjectError(
                f"the profile of {settings.project_dir} is for {profile.credentials.type}, not for "
                "duckdb."
            )
        return profile

    def _load(self, variables: Mapping[str, Any]) -> Profile:
        settings = self._settings
        set_invocation_context(os.environ)
        set_from_args(
            Namespace(
                project_dir=str(settings.project_dir),
                profiles_dir=str(settings.profiles_dir),
                send_anonymous_usage_stats=False,
            ),
            None,
        )
        return load_profile(
            str(settings.project_dir), dict(variables), target_override=settings.target
        )


def _files(credentials: DuckDBCredentials) -> Iterator[Path]:
    """Yield the database files that credentials name."""
    for path in (credentials.path, *(attached.path for attached in credentials.attach or ())):
        if path != ":memory:":
            yield Path(path).resolve()
