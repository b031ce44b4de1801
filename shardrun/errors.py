"""The exception tree; every error a person can cause or meet has a place and an exit code here.

    ShardrunError                   1  the run failed
      InputError                    2  something given to us was refused; nothing was written
        ConfigError                    the configuration file
        CensusError                    the census file
        ProjectError                   the dbt project, before any of its nodes ran
        DatabaseError                  the database file is not one we may write
      ShardError                    1  a year's shards can't be made into its events
      ExportError                   1  the files of an export can't be written
      PipelineExecutionError        3  dbt failed in a stage
      MembersFailedError            -  some of several runs failed: the code of the first of them
      DatabaseInUseError            4  another process holds the database
      RunInterruptedError         130  stopped by a signal

Messages are whole sentences for the person at the keyboard: what is wrong, where, what to do.
This module must never import another module of the package.
"""

from __future__ import annotations

import errno

_OF_PATHS = frozenset({errno.EACCES, errno.ELOOP, errno.ENAMETOOLONG, errno.EPERM, errno.EROFS})
_OF_DISKS = frozenset({errno.EDQUOT, errno.EFBIG, errno.EIO, errno.ENOSPC})


class ShardrunError(Exception):
    """Root of all errors that shardrun raises on purpose."""

    exit_code = 1

    @property
    def message(self) -> str:
        """What is wrong, and below it what went wrong besides, as the error was on its way."""
        return "\n".join([str(self), *getattr(self, "__notes__", ())])


class InputError(ShardrunError):
    """Something a person gave (config, census, years, paths) was refused."""

    exit_code = 2


class ConfigError(InputError):
    """The configuration file is not acceptable."""


class CensusError(InputError):
    """The census file is not acceptable."""


class ProjectError(InputError):
    """The dbt project can't be loaded: not found, not parseable, packages missing."""


class DatabaseError(InputError):
    """The database file can't be used: not ours, not readable, or from another version."""


class ShardError(ShardrunError):
    """A shard failed, or its file can't enter the union; the canonical table is as before."""


class ExportError(ShardrunError):
    """The files of an export can't be written; the folder they were for is as before."""


class PipelineExecutionError(ShardrunError):
    """A dbt command of a stage failed; the message names stage, year, model and file."""

    exit_code = 3


class MembersFailedError(ShardrunError):
    """Some of several runs failed; the others have finished."""

    def __init__(self, message: str, exit_code: int) -> None:
        """Say which failed and why.

        Args:
            message: for the person who reads it.
            exit_code: of the first that failed.
        """
        super().__init__(message)
        self.exit_code = exit_code


class DatabaseInUseError(ShardrunError):
    """Another process holds the database; the message names it where it is known."""

    exit_code = 4


class RunInterruptedError(ShardrunError):
    """A signal asked the run to stop."""

    exit_code = 130


def of_system(error: OSError) -> ShardrunError | None:
    """Return what the operating system refused as ours; None where it can only be our mistake.

    Args:
        error: about a path that can't be, a right that is missing, or a disk that is full.
    """
    if error.errno in _OF_PATHS:
        return InputError(f"{error.filename}: {error.strerror}")
    if error.errno in _OF_DISKS:
        return ShardrunError(f"{error.filename or 'a file'} can't be written: {error.strerror}")
    return None
