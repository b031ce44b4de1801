"""A small main database, event SQL over it, and the tasks of its shards, without dbt.

Owns what the tests of worker, pool and coordinator have in common. It must never import what they
test other than the data of shardrun.sharding.shards and united_tables.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from time import sleep
from typing import Any

import duckdb
import psutil

from shardrun.config.location import ConfigLocation
from shardrun.sharding.shard_results import ShardProgress
from shardrun.sharding.shards import Relation, Shard, ShardInput, ShardModel, ShardTask
from shardrun.sharding.united_tables import CanonicalTable
from shardrun.sql import quote_literal
from tests.support.render import render

YEAR = 2027
CATALOG = "simulation"
EVENTS = Relation("main", "fct_yearly_events")
PEOPLE = Relation("main", "people")
LOOKUPS = Relation("reference data", "lookups")
TABLE = CanonicalTable(
    catalog=CATALOG,
    relation=EVENTS,
    period_column="simulation_year",
    order_by=("simulation_year", "employee_key", "employee_id", "event_sequence"),
    unique_key=("simulation_year", "employee_id", "event_sequence"),
    shard_key="employee_key",
)

_RAISES = """
select people.*, lookups.raise_rate
from "simulation"."main"."people" as people
inner join "simulation"."reference data"."lookups" as lookups using (job_level)
where {{ shardrun.shard_filter('employee_key') }}
"""
_LEAVERS = """
select employee_id, employee_key from "simulation"."main"."int_raises" where employee_key % 7 = 3
"""
_EVENTS = """
with events as (
    select employee_id, employee_key, 1 as event_sequence, 'raise' as event_type,
        compensation * raise_rate as compensation_after
    from "simulation"."main"."int_raises" where employee_key % 5 > 0
    union all
    select employee_id, employee_key, 2, 'termination', 0 from "simulation"."main"."int_leavers"
)
select
    2027 as simulation_year,
    employee_id,
    employee_key,
    cast(event_sequence as tinyint) as event_sequence,
    event_type,
    cast(compensation_after as decimal(12, 2)) as compensation_after
from events
{{ shardrun.canonical_order_by(
    ['simulation_year', 'employee_key', 'employee_id', 'event_sequence']
) }} -- the end of the last line is a comment"""


def attach(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Attach a file under the name that the SQL of the main path has for it."""
    connection.execute(f"attach {quote_literal(path)} as {CATALOG}")


def make_main(path: Path, people: int = 600) -> Path:
    """Write a main database of that many people, and the digits of their pay to look up."""
    with duckdb.connect() as connection:
        attach(connection, path)
        connection.execute("use simulation")
        connection.execute('create schema "reference data"')
        connection.execute(
            'create table "reference data".lookups as select level::tinyint as job_level, '
            "(1 + level / 100)::decimal(5, 4) as raise_rate from range(1, 6) as levels(level)"
        )
        connection.execute(
            "create table people as select id as employee_id, md5_number_upper(id) as employee_key,"
            " (number % 5 + 1)::tinyint as job_level, (40000 + number)::decimal(12, 2) as"
            " compensation from (select range as number, format('E{:05d}', range) as id"
            f" from range({people})) order by employee_key"
        )
    return path


def models_of(folder: Path, shard: Shard) -> tuple[ShardModel, ...]:
    """Return the event models: a view, a table over it, and the canonical table."""

    def model(name: str, materialization: Any, template: str) -> ShardModel:
        sql = render(template, shard_id=shard.index, total_shards=shard.total)
        path = folder / "sql" / shard.name / f"{name}.sql"
        return ShardModel(name, Relation("main", name), materialization, sql, path)

    return (
        model("int_raises", "view", _RAISES),
        model("int_leavers", "table", _LEAVERS),
        model("fct_yearly_events", "table", _EVENTS),
    )


def task_of(database: Path, index: int, total: int, **changes: Any) -> ShardTask:
    """Return the task of one shard; ``changes`` replace fields of it."""
    shard = Shard(YEAR, index, total)
    folder = database.with_suffix(".shardrun")
    task = ShardTask(
        shard=shard,
        origin="run 1",
        database=database,
        catalog=CATALOG,
        inputs=(
            ShardInput(
                PEOPLE,
                render(
                    "{{ shardrun.shard_filter('employee_key') }}",
                    shard_id=index,
                    total_shards=total,
                ),
            ),
            ShardInput(LOOKUPS),
        ),
        models=models_of(folder, shard),
        canonical=EVENTS,
        folder=folder,
        threads=1,
        memory_mb=300,
        location=ConfigLocation(),
    )
    return replace(task, **changes)


def tasks_of(database: Path, total: int, **changes: Any) -> list[ShardTask]:
    """Return the tasks of a whole year."""
    return [task_of(database, index, total, **changes) for index in range(total)]


def with_model(task: ShardTask, name: str, sql: str) -> ShardTask:
    """Return ``task`` with a model before its others."""
    return with_side_table(task, Relation("main", name), sql)


def with_side_table(task: ShardTask, relation: Relation, sql: str) -> ShardTask:
    """Return ``task`` with a model of that relation before its others."""
    path = task.folder / "sql" / task.shard.name / f"{relation.identifier}.sql"
    model = ShardModel(relation.identifier, relation, "table", sql, path)
    return replace(task, models=(model, *task.models))


GATES = "gates"


class Gate:
    """A model that runs without end, as long as its gate is shut when it begins."""

    def __init__(self, database: Path, name: str = "gate") -> None:
        """Shut it; it is a file where workers may read."""
        self._path = database.with_suffix(".shardrun") / GATES / name
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.touch()

    def before(self, task: ShardTask) -> ShardTask:
        """Return ``task`` with that model in front."""
        return with_model(
            task,
            "gate",
            "select sum(a.range * b.range) as total from range(10000000) as a "
            f"cross join range(10000000) as b cross join glob({quote_literal(self._path)})",
        )

    def open(self) -> None:
        """Let whoever begins from now on pass."""
        self._path.unlink()


def wait_for_worker(task: ShardTask, coordinator: int | None = None) -> psutil.Process:
    """Wait until a process, this one if none is named, or a worker of it has the task in hand."""
    draft = str(task.workspace / task.file.name)
    while True:
        for worker in (psutil.Process(coordinator), *workers(coordinator)):
            with suppress(psutil.NoSuchProcess):
                if draft in [file.path for file in worker.open_files()]:
                    return worker
        sleep(0.01)


def workers(coordinator: int | None = None) -> list[psutil.Process]:
    """Return the workers of a process's loky pools, of this one's if none is named."""
    found = []
    for child in psutil.Process(coordinator).children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            if "loky.backend.popen_loky_posix" in child.cmdline():
                found.append(child)
    return found


def ignore(progress: ShardProgress) -> None:
    """Listen to nothing."""


def direct_rows(folder: Path, people: int = 600) -> list[tuple[Any, ...]]:
    """Return the events of the unsharded statements, in their physical order."""
    database = make_main(folder / "direct.duckdb", people)
    with duckdb.connect() as connection:
        attach(connection, database)
        for model in models_of(folder, Shard(YEAR, 0, 1)):
            name = ".".join(f'"{part}"' for part in (CATALOG, *model.relation))
            connection.execute(f"create {model.materialization} {name} as (\n{model.sql}\n)")
        return rows_of(connection)


def rows_of(connection: duckdb.DuckDBPyConnection) -> list[tuple[Any, ...]]:
    """Return the canonical table's rows in their physical order."""
    return connection.execute(f"select * from {TABLE.name} order by rowid").fetchall()
