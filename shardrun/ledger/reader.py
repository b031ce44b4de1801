"""Reads a ledger back, of this version of shardrun or an earlier one.

Owns how an instant, a run without its process and what an older ledger lacks are told. It must
never write.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from shardrun.database.connection import LEDGER_SCHEMA, qualified
from shardrun.database.ownership import ledger_has
from shardrun.database.run_folder import RunFolder
from shardrun.database.run_lock import is_at_work
from shardrun.ledger.fingerprints import Fingerprints
from shardrun.ledger.records import (
    BranchRecord,
    LedgerContents,
    RunLimits,
    RunRecord,
    ShardRecord,
    Status,
    StepRecord,
)
from shardrun.ledger.schema import with_later_columns
from shardrun.resources import ResourceUsage
from shardrun.stages import WorkflowStage


def read_ledger(connection: duckdb.DuckDBPyConnection, catalog: str) -> LedgerContents:
    """Read the ledger of an attached database.

    Args:
        connection: any connection of the instance.
        catalog: the name the database is attached under; it must hold a ledger.

    Returns:
        what was recorded; but what says ``running`` without its process is told as what it is.
    """
    runs = connection.execute(
        "select run_id, status, epoch_us(started_at), epoch_us(ended_at), start_year, end_year, "
        "random_seed, threading, versions, config, inputs, project, error, limits "
        f"from {with_later_columns(catalog, 'runs')} order by place"
    ).fetchall()
    steps = connection.execute(
        "select run_id, year, stage, status, epoch_us(started_at), seconds, rows, checks, "
        "checks_passed, cpu_seconds, peak_memory, read_bytes, written_bytes "
        f"from {with_later_columns(catalog, 'steps')} order by place"
    ).fetchall()
    standing = _standing(connection, catalog, {run[0]: Status(run[1]) for run in runs})
    return LedgerContents(
        runs=tuple(
            RunRecord(
                run_id=run_id,
                status=standing[run_id],
                started_at=_utc(started),
                ended_at=None if ended is None else _utc(ended),
                start_year=start_year,
                end_year=end_year,
                random_seed=random_seed,
                threading=json.loads(threading),
                versions=json.loads(versions),
                fingerprints=Fingerprints(json.loads(config), json.loads(inputs), project),
                error=error,
                limits=None if limits is None else RunLimits(**json.loads(limits)),
            )
            for (
                run_id,
                _,
                started,
                ended,
                start_year,
                end_year,
                random_seed,
                threading,
                versions,
                config,
                inputs,
                project,
                error,
                limits,
            ) in runs
        ),
        steps=tuple(
            StepRecord(
                run_id=run_id,
                stage=WorkflowStage(stage),
                year=year,
                status=standing[run_id] if status == Status.RUNNING else Status(status),
                started_at=_utc(started),
                seconds=seconds,
                rows=rows,
                checks=checks,
                checks_passed=checks_passed,
                resources=None if cpu_seconds is None else ResourceUsage(cpu_seconds, *of_tree),
            )
            for (
                run_id,
                year,
                stage,
                status,
                started,
                seconds,
                rows,
                checks,
                checks_passed,
                cpu_seconds,
                *of_tree,
            ) in steps
        ),
        shards=_read_shards(connection, catalog),
        branches=_read_branches(connection, catalog),
    )


def _standing(
    connection: duckdb.DuckDBPyConnection, catalog: str, recorded: Mapping[str, Status]
) -> dict[str, Status]:
    """Return how runs stand, by their ids: one whose owner is gone can't say so itself."""
    [(path,)] = connection.execute(
        "select path from duckdb_databases() where database_name = ?", [catalog]
    ).fetchall()
    lock = RunFolder(Path(path).resolve()).lock
    return {
        run_id: Status.DIED if status is Status.RUNNING and not is_at_work(lock, run_id) else status
        for run_id, status in recorded.items()
    }


def _read_shards(connection: duckdb.DuckDBPyConnection, catalog: str) -> tuple[ShardRecord, ...]:
    """Read the shards; a database of before the ledger recorded them has none."""
    if not ledger_has(connection, catalog, "shards"):
        return ()
    shards = connection.execute(
        "select run_id, stage, year, shard_id, total_shards, status, tries, worker, seconds, rows, "
        f"peak_memory, error from {qualified(catalog, LEDGER_SCHEMA, 'shards')} "
        "order by rowid"
    ).fetchall()
    return tuple(
        ShardRecord(run_id, WorkflowStage(stage), year, shard_id, total, Status(status), *rest)
        for run_id, stage, year, shard_id, total, status, *rest in shards
    )


def _read_branches(connection: duckdb.DuckDBPyConnection, catalog: str) -> tuple[BranchRecord, ...]:
    """Read the branchings; a database of before the ledger recorded them has none."""
    if not ledger_has(connection, catalog, "branches"):
        return ()
    branches = connection.execute(
        "select source, source_run_id, year, epoch_us(branched_at), config, inputs, project "
        f"from {qualified(catalog, LEDGER_SCHEMA, 'branches')} order by rowid"
    ).fetchall()
    return tuple(
        BranchRecord(
            Path(source),
            run_id,
            year,
            _utc(branched),
            Fingerprints(json.loads(config), json.loads(inputs), project),
        )
        for source, run_id, year, branched, config, inputs, project in branches
    )


def _utc(microseconds: int) -> datetime:
    """Return an instant that DuckDB gave as an integer: as a TIMESTAMPTZ it would need pytz."""
    return datetime.fromtimestamp(microseconds / 1e6, UTC)
