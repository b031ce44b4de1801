"""Our errors for what dbt refuses before any node of a command ran.

Owns the reading of dbt's and DuckDB's words for it. It must never look at results of nodes.
"""

from __future__ import annotations

from pathlib import Path

from shardrun.dbt_runner.results import located_message
from shardrun.error_frames import let_go
from shardrun.errors import DatabaseError, DatabaseInUseError, ProjectError, ShardrunError


class PackagesMissingError(ProjectError):
    """The packages of a project are not installed, or not all of them."""


def refused(error: BaseException, project_dir: Path, log_path: Path | None = None) -> ShardrunError:
    """Return our error for one of dbt's, and let go of what that one holds.

    Args:
        error: dbt's, or DuckDB's while dbt opened the database.
        project_dir: the project.
        log_path: dbt's log of the call, if there is one.
    """
    # dbt-duckdb leaves an instance that it could not set up open in the frames of the error
    let_go(error)
    return refusal(str(error), project_dir, log_path)


def refusal(message: str, project_dir: Path, log_path: Path | None = None) -> ShardrunError:
    """Return our error for a message with which dbt gave up.

    Args:
        message: dbt's message.
        project_dir: the project.
        log_path: dbt's log of the call, if there is one.
    """
    text = located_message(message)
    if "Could not set lock on file" in text:
        return DatabaseInUseError(f"another process holds the database: {text}")
    if "not a valid DuckDB database file" in text:
        return DatabaseError(f"{text}. Name another file with --database.")
    if 'Run "dbt deps"' in text:
        return PackagesMissingError(f"{project_dir}: {text}")
    log = f"\ndbt's log: {log_path}" if log_path else ""
    return ProjectError(f"dbt can't run the project {project_dir}: {text}{log}")
