"""The folder of a run: everything beside the database that a run writes, and where it lies.

It stands beside the database and takes its name. Personal data passes through it: it is readable
by its owner alone. It must never decide anything about a run, only know and move its files.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from shardrun.database.connection import write_ahead_log
from shardrun.errors import InputError


@dataclass(frozen=True, slots=True)
class RunFolder:
    """Names the paths in a database's run folder; making it is :meth:`create`'s work alone.

    Attributes:
        database: absolute path of the database file itself, not of a link to it: there is one
            folder, and one lock, however the file is named.
    """

    database: Path

    @property
    def path(self) -> Path:
        """The folder itself."""
        return self.database.with_name(f"{self.database.stem}.shardrun")

    @property
    def lock(self) -> Path:
        """The lock file of whoever works on the database."""
        return self.path / "lock"

    @property
    def logs(self) -> Path:
        """The logs of dbt, one a step."""
        return self.path / "logs"

    @property
    def target(self) -> Path:
        """Where dbt leaves compiled SQL and artifacts."""
        return self.path / "target"

    @property
    def temp(self) -> Path:
        """Where DuckDB spills what does not fit in memory."""
        return self.path / "temp"

    @property
    def profiles(self) -> Path:
        """Where dbt reads the person's profiles, pointed at the database."""
        return self.path / "profiles"

    @property
    def shards(self) -> Path:
        """Where shard files are made, and wait for the union."""
        return self.path / "shards"

    @property
    def isolated_shards(self) -> Path:
        """Where shards that were run alone are left, for whoever looks into them."""
        return self.path / "isolated"

    @property
    def members(self) -> Path:
        """Where the members of an ensemble have their databases."""
        return self.path / "members"

    @property
    def check(self) -> Path:
        """Where a check tries a project out, and leaves the SQL that it refuses."""
        return self.path / "check"

    @property
    def superseded_database(self) -> Path:
        """The database that a --fresh run replaces, until its first step is done."""
        return self.path / "superseded.duckdb"

    @property
    def branching_database(self) -> Path:
        """The copy of another database that becomes this one when it is a branch."""
        return self.path / "branching.duckdb"

    @property
    def incoming(self) -> Path:
        """Where inputs wait until their run is accepted."""
        return self.path / "incoming"

    def input(self, name: str) -> Path:
        """Return where dbt reads the canonical form of an input."""
        return self.path / f"{name}.parquet"

    def incoming_input(self, name: str) -> Path:
        """Return where an input is checked and waits until its run is accepted."""
        return self.incoming / f"{name}.parquet"

    def create(self) -> None:
        """Make the folder where it is missing, with an empty place for incoming inputs.

        Raises:
            InputError: something else has its name, or the place is not writable.
        """
        try:
            self.path.mkdir(mode=0o700, exist_ok=True)
            self.discard_incoming()
            self.incoming.mkdir(mode=0o700)
        except OSError as error:
            raise InputError(
                f"the run folder {self.path} can't be made or written to: {error.strerror}. Name "
                "another place with --database."
            ) from error

    def discard(self) -> None:
        """Take back what a refused run left here; the folder too where nothing else is in it."""
        self.discard_incoming()
        if self.path.is_dir() and not any(self.path.iterdir()):
            self.path.rmdir()

    def accept_inputs(self) -> None:
        """Let the inputs that were checked become the run's."""
        for file in self.incoming.iterdir():
            file.replace(self.path / file.name)
        self.discard_incoming()

    def clear_leftovers(self, *, keep_shards: bool) -> None:
        """Remove what a run that ended badly left: unfinished shards, and what DuckDB had spilled.

        Args:
            keep_shards: whether finished shard files may still be wanted.
        """
        if self.temp.is_dir():
            shutil.rmtree(self.temp)
        if not self.shards.is_dir():
            return
        if not keep_shards:
            shutil.rmtree(self.shards)
            return
        for path in self.shards.iterdir():
            if path.is_dir():
                shutil.rmtree(path)

    def set_database_aside(self) -> None:
        """Move the database, and its write-ahead log, out of the way of a --fresh run."""
        _move_database(self.database, self.superseded_database)

    def restore_database(self) -> None:
        """Put the database that was set aside back, in place of whatever came after it."""
        if self.superseded_database.exists():
            _move_database(self.superseded_database, self.database)

    def discard_superseded(self) -> None:
        """Remove the database that was set aside: the new run has its first step done."""
        for file in (self.superseded_database, write_ahead_log(self.superseded_database)):
            file.unlink(missing_ok=True)

    def discard_branching(self) -> None:
        """Remove what an earlier, unfinished branching left."""
        for file in (self.branching_database, write_ahead_log(self.branching_database)):
            file.unlink(missing_ok=True)

    def remove(self) -> None:
        """Remove the database, and the folder with all that is in it."""
        for file in (self.database, write_ahead_log(self.database)):
            file.unlink(missing_ok=True)
        if self.path.is_dir():
            shutil.rmtree(self.path)

    def accept_branch(self) -> None:
        """Let the branch that is complete become the database."""
        _move_database(self.branching_database, self.database)

    def discard_incoming(self) -> None:
        """Remove the inputs that wait."""
        if self.incoming.is_dir():
            shutil.rmtree(self.incoming)


def _move_database(source: Path, target: Path) -> None:
    """Rename a database together with its log; a log beside another's file would be replayed."""
    write_ahead_log(target).unlink(missing_ok=True)
    if write_ahead_log(source).exists():
        write_ahead_log(source).replace(write_ahead_log(target))
    source.replace(target)
