"""A year of events by smallpond: for the Python of an environment that has it, not ours.

Call it as `python smallpond_events.py FOLDER PARTITIONS TABLE...`. The query is FOLDER/events.sql,
in which {0}, {1} and so on stand for the tables, FOLDER/TABLE.parquet, partitioned by the hash of
the employee's key. The union goes to FOLDER/events.parquet, in canonical order; the wall seconds
to FOLDER/seconds.json.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from time import perf_counter

import duckdb
import smallpond


def main(folder: Path, partitions: int, tables: list[str]) -> None:
    """Make the events."""
    started = perf_counter()
    session = smallpond.init(data_root=str(folder / "smallpond"))
    ready = perf_counter()
    inputs = [
        session.read_parquet(str(folder / f"{table}.parquet")).repartition(
            partitions, hash_by="employee_key"
        )
        for table in tables
    ]
    events = session.partial_sql((folder / "events.sql").read_text(), *inputs)
    events.write_parquet(str(folder / "parts"))
    duckdb.execute(
        f"copy (from read_parquet('{folder}/parts/*.parquet') "
        "order by employee_key, employee_id, event_sequence) "
        f"to '{folder}/events.parquet'"
    )
    seconds = {"all": perf_counter() - started, "start of Ray": ready - started}
    (folder / "seconds.json").write_text(json.dumps(seconds))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
