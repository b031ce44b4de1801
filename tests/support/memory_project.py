"""A small dbt project whose database is in memory: for what a materialization promises."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from shardrun.dbt_runner import DbtRunner
from tests.support.render import REPOSITORY

_FILES = {
    "dbt_project.yml": "name: small\nprofile: small\n",
    "packages.yml": f"packages: [{{local: {REPOSITORY / 'macros'}}}]\n",
    "profiles.yml": "small: {target: dev, outputs: {dev: {type: duckdb, path: ':memory:'}}}\n",
}


class MemoryProject:
    """One project; its database stays over changes of its models."""

    def __init__(self, folder: Path, materialization: str) -> None:
        """Lay the project out, with one of the bundled project's materializations.

        Args:
            folder: for the project and what its runs leave.
            materialization: a file of dbt/macros.
        """
        self._folder = folder / "project"
        self._run_dir = folder / "run"
        for name, text in _FILES.items():
            self.lay(name, text)
        macro = REPOSITORY / "dbt" / "macros" / materialization
        self.lay(f"macros/{materialization}", macro.read_text())
        self._held = self._runner()

    def lay(self, name: str, text: str) -> None:
        """Write a file of the project."""
        file = self._folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def run(self, name: str, model: str, variables: Mapping[str, Any], *flags: str) -> str:
        """Run a model as it is now and return the message of its failure, if it fails."""
        self.lay(f"models/{name}", model)
        result = self._runner().execute_command(["run", *flags], extra_vars=variables)
        return "" if result.success else result.failures[0].message

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Return what a query finds in the database."""
        with self._held.cursor() as cursor:
            return cursor.execute(query).fetchall()

    def close(self) -> None:
        """Let the database go."""
        self._held.release_database()

    def _runner(self) -> DbtRunner:
        return DbtRunner(self._folder, run_dir=self._run_dir)
