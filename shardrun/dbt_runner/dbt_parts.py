"""The parts of dbt on one project, each begun when it is first asked for.

dbt takes two seconds to import. Owns which parts a mode uses, and that all share one memory and one
database. It must never run a command.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Literal, Protocol

from shardrun.dbt_runner.class_bytecode import kept_class_bytecode
from shardrun.dbt_runner.command_line import CommandLineDbt, DbtCall, ProjectSettings
from shardrun.dbt_runner.results import NodeResult
from shardrun.garbage import no_collection

if TYPE_CHECKING:
    from shardrun.dbt_runner.dbt_memory import DbtMemory
    from shardrun.dbt_runner.held_database import HeldDatabase
    from shardrun.dbt_runner.resident import ResidentDbt

Mode = Literal["resident", "subprocess"]


@cache
def import_dbt() -> None:
    """Import dbt, so that whatever needs it next does not wait for it."""
    with no_collection(lasting=True), kept_class_bytecode():
        import shardrun.dbt_runner.resident  # noqa: F401


class Dbt(Protocol):
    """What a mode has to offer."""

    parses: int

    def invoke(self, call: DbtCall) -> tuple[bool, tuple[NodeResult, ...]]:
        """Run a command; return whether it succeeded and what came of each node."""


class DbtParts:
    """dbt in this process, its command line, its database."""

    def __init__(self, settings: ProjectSettings, mode: Mode) -> None:
        """Begin none of them yet.

        Args:
            settings: of the project.
            mode: what runs commands; only the resident dbt compiles stages and keeps artifacts.
        """
        self._settings = settings
        self._mode = mode
        self._command_line = CommandLineDbt(settings)
        self._resident: ResidentDbt | None = None
        self._database: HeldDatabase | None = None
        self._memory: DbtMemory | None = None

    @property
    def parses(self) -> int:
        """How many times dbt has parsed the project."""
        return self._command_line.parses + (self._resident.parses if self._resident else 0)

    def for_command(self) -> Dbt:
        """Return what runs the next command; dbt in another process finds the database released.

        Raises:
            DatabaseInUseError: something else in this process still has the file open.
        """
        if self._mode == "resident":
            return self.resident()
        self.release_database()
        return self._command_line

    def resident(self) -> ResidentDbt:
        """Return dbt in this process."""
        import_dbt()
        from shardrun.dbt_runner.resident import ResidentDbt

        self._resident = self._resident or ResidentDbt(
            self._settings, self._shared_memory(), self.database().names
        )
        return self._resident

    def database(self) -> HeldDatabase:
        """Return what hands out cursors on dbt's database."""
        import_dbt()
        from shardrun.dbt_runner.held_database import HeldDatabase

        self._database = self._database or HeldDatabase(self._settings, self._shared_memory())
        return self._database

    def release_database(self) -> None:
        """Close every connection to the database, if there can be one.

        Raises:
            DatabaseInUseError: something else in this process still has the file open.
        """
        if self._database:  # the resident dbt has it too
            self._database.release()

    def _shared_memory(self) -> DbtMemory:
        import_dbt()
        from shardrun.dbt_runner.dbt_memory import DbtMemory

        folders = self._settings.project_dir, self._settings.profiles_dir
        self._memory = self._memory or DbtMemory(folders)
        return self._memory
