"""The worker: makes one shard file from one task, in whatever process it is called in.

The shard file is attached under the main database's name, and the main file under another, with
views in the shard file for the inputs: the SQL that dbt compiled for the main path runs unchanged.
A file under its final name is complete and verified. It must never import dbt, write to the main
file, or raise: a failure is a value, since an exception may not survive the way between processes.
"""

from __future__ import annotations

import os
import resource
import secrets
import shutil
import socket
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from time import perf_counter, time

import duckdb

from shardrun.database.connection import qualified
from shardrun.database.transaction import transaction
from shardrun.errors import ShardError, ShardrunError
from shardrun.sharding.shard_file import (
    Provenance,
    columns_of,
    count_rows,
    read_provenance,
    write_provenance,
)
from shardrun.sharding.shard_results import ModelTiming, ShardResult, failed_shard
from shardrun.sharding.shards import ShardModel, ShardTask
from shardrun.sharding.worker_connection import MAIN_FILE, confined_connection
from shardrun.sql import quote_identifier, quote_literal

_FINISHED = "shardrun_finished"
_ADVICE: dict[type[Exception], str] = {
    duckdb.PermissionException: "A shard opens DuckDB databases and no other files. Let a model of "
    "an earlier stage make a table of it, or run without shards.",
    duckdb.OutOfMemoryException: "Use more shards, fewer workers, or a higher memory limit.",
}


class _ModelFailedError(Exception):
    """DuckDB refused a model's SQL, or failed while running it."""

    def __init__(self, model: ShardModel, message: str) -> None:
        super().__init__(message)
        self.model = model


def prepare_worker() -> None:
    """Load what every shard needs, so that no shard's time pays for it."""
    duckdb.connect(":memory:").close()


def run_shard(task: ShardTask) -> ShardResult:
    """Make the shard file of ``task``, or take the one that is there if it was made for it.

    Returns:
        what came of it; no other exception than KeyboardInterrupt leaves this function.
    """
    started = perf_counter()

    def failed(message: str, model: ShardModel | None = None) -> ShardResult:
        return failed_shard(
            task,
            message,
            model=model,
            worker=os.getpid(),
            seconds=perf_counter() - started,
            peak_memory=_peak_memory(),
        )

    try:
        return _finished_before(task) or _make(task, started)
    except _ModelFailedError as error:
        return failed(str(error), error.model)
    except (duckdb.Error, OSError, ShardrunError) as error:
        return failed(_with_advice(error))
    except Exception as error:  # noqa: BLE001 - whatever it is, it must reach the coordinator
        place = traceback.extract_tb(error.__traceback__)[-1]
        return failed(f"{type(error).__name__} in {place.filename}:{place.lineno}: {error}")


def run_shard_twice(task: ShardTask) -> ShardResult:
    """Make a shard file where others may be making the same: a cluster may run a task twice.

    Each attempt has a workspace of its own, and the last one to be done gives the file its name;
    all of them make the same rows.
    """
    attempt = f"-{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"
    return run_shard(replace(task, attempt=attempt))


def _with_advice(error: Exception) -> str:
    """Return what is wrong and what to do; DuckDB's own advice is of settings that are ours."""
    advice = _ADVICE.get(type(error))
    if advice is None:
        return str(error)
    message, _, _ = str(error).partition("\n\n")
    return f"{message}\n{advice}"


def discard_unfinished(task: ShardTask) -> None:
    """Remove what a worker that was killed left of the task's shard."""
    if task.workspace.exists():
        shutil.rmtree(task.workspace)


def _finished_before(task: ShardTask) -> ShardResult | None:
    """Return the result that the task's file holds, if it is the task's and no block is damaged."""
    if not task.file.exists():
        return None
    with confined_connection(task, task.workspace) as connection:
        try:
            connection.execute(
                f"attach {quote_literal(task.file)} as {_FINISHED} (type duckdb, read_only)"
            )
            result = _verified(connection, task)
            for model in task.models:
                if model.materialization == "table":
                    # a hash of every value makes DuckDB compare the checksum of every block
                    relation = qualified(_FINISHED, *model.relation)
                    connection.execute(
                        f"select bit_xor(hash(columns(*))) from {relation}"
                    ).fetchall()
        except duckdb.Error:
            return None
    return result


def _make(task: ShardTask, started: float) -> ShardResult:
    with _workspace(task) as workspace:
        draft = workspace / task.file.name
        with confined_connection(task, workspace) as connection:
            _attach(connection, task, draft)
            with transaction(connection):  # else each of two dozen statements waits for the disk
                _provide_inputs(connection, task)
                timings = _create_models(connection, task)
                if not task.with_inputs:
                    _drop_views(connection, task)
            _seal(connection, task, perf_counter() - started, timings)
            connection.execute(
                f"attach {quote_literal(draft)} as {_FINISHED} (type duckdb, read_only)"
            )
            result = _verified(connection, task)
        if result is None:
            raise ShardError(f"{draft} does not hold what was written to it")
        draft.chmod(0o600)
        draft.replace(task.file)
    return replace(result, seconds=perf_counter() - started)


@contextmanager
def _workspace(task: ShardTask) -> Iterator[Path]:
    """Give the shard a directory that only its owner reads, and take it away in the end."""
    task.folder.mkdir(mode=0o700, exist_ok=True)
    discard_unfinished(task)
    task.workspace.mkdir(mode=0o700)
    try:
        yield task.workspace
    finally:
        discard_unfinished(task)


def _attach(connection: duckdb.DuckDBPyConnection, task: ShardTask, draft: Path) -> None:
    # a draft that is not finished is thrown away, so that nothing is gained by writing it twice
    connection.execute(
        f"attach {quote_literal(draft)} as {quote_identifier(task.catalog)} "
        "(recovery_mode no_wal_writes)"
    )
    relations = [source.relation for source in task.inputs]
    relations += [model.relation for model in task.models]
    for schema in dict.fromkeys(relation.schema for relation in relations):
        connection.execute(
            "create schema if not exists "
            f"{quote_identifier(task.catalog)}.{quote_identifier(schema)}"
        )


def _provide_inputs(connection: duckdb.DuckDBPyConnection, task: ShardTask) -> None:
    kind = "table" if task.with_inputs else "view"
    for source in task.inputs:
        where = "" if source.predicate is None else f" where {source.predicate}"
        connection.execute(
            f"create {kind} {qualified(task.catalog, *source.relation)} as "
            f"select * from {qualified(MAIN_FILE, *source.relation)}{where}"
        )


def _create_models(
    connection: duckdb.DuckDBPyConnection, task: ShardTask
) -> tuple[ModelTiming, ...]:
    timings = []
    for model in task.models:
        name = qualified(task.catalog, *model.relation)
        began, started = time(), perf_counter()
        try:
            created = connection.execute(
                f"create {model.materialization} {name} as (\n{model.sql}\n)"
            ).fetchone()
        except duckdb.Error as error:
            _keep_sql(model)
            raise _ModelFailedError(model, _with_advice(error)) from error
        rows = created[0] if created and model.materialization == "table" else None
        timings.append(ModelTiming(model.name, began, perf_counter() - started, rows))
    return tuple(timings)


def _keep_sql(model: ShardModel) -> None:
    if not model.sql_path.exists():
        missing = [folder for folder in model.sql_path.parents if not folder.exists()]
        for folder in reversed(missing):
            folder.mkdir(mode=0o700, exist_ok=True)
        model.sql_path.touch(mode=0o600)
        model.sql_path.write_text(model.sql, encoding="utf-8")


def _drop_views(connection: duckdb.DuckDBPyConnection, task: ShardTask) -> None:
    """Drop what could not be read without the main file: the inputs, and views over them."""
    views = [model.relation for model in task.models if model.materialization == "view"]
    for relation in (*reversed(views), *(source.relation for source in reversed(task.inputs))):
        connection.execute(f"drop view {qualified(task.catalog, *relation)}")


def _seal(
    connection: duckdb.DuckDBPyConnection,
    task: ShardTask,
    seconds: float,
    timings: tuple[ModelTiming, ...],
) -> None:
    """Let the file say what it is, write it out, and let go of it."""
    provenance = Provenance(
        fingerprint=task.fingerprint,
        shard=task.shard,
        rows=count_rows(connection, task.catalog, task.canonical),
        seconds=seconds,
        worker=os.getpid(),
        peak_memory=_peak_memory(),
        models=timings,
    )
    write_provenance(connection, task.catalog, provenance)
    catalog = quote_identifier(task.catalog)
    connection.execute(f"checkpoint {catalog}")
    connection.execute(f"detach {catalog}")


def _verified(connection: duckdb.DuckDBPyConnection, task: ShardTask) -> ShardResult | None:
    """Return the result that the attached file holds, if it is what the task asks for."""
    provenance = read_provenance(connection, _FINISHED)
    if provenance is None or provenance.fingerprint != task.fingerprint:
        return None
    if count_rows(connection, _FINISHED, task.canonical) != provenance.rows:
        return None
    return ShardResult(
        shard=task.shard,
        file=task.file,
        fingerprint=task.fingerprint,
        rows=provenance.rows,
        columns=columns_of(connection, _FINISHED, task.canonical),
        seconds=provenance.seconds,
        worker=provenance.worker,
        peak_memory=provenance.peak_memory,
        models=provenance.models,
    )


def _peak_memory() -> int:
    """Return the highest resident memory of this process so far, in bytes."""
    status = Path("/proc/self/status")
    if status.exists():
        # getrusage would count what the parent held when it started this process
        for line in status.read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
