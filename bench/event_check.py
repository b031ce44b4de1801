"""Whether events that were made in another way are, row by row, those of a finished run."""

from __future__ import annotations

from pathlib import Path

import duckdb


def check_events(finished: Path, events: str, year: int) -> None:
    """Compare a year's events with those of a run; the order of columns does not matter.

    Args:
        finished: database of the run.
        events: a query of the events to compare.
        year: which year.

    Raises:
        SystemExit: they differ.
    """
    with duckdb.connect(finished, read_only=True) as connection:
        own = connection.sql(f"select * from ({events})")
        columns = ", ".join(own.columns)
        run = f"select {columns} from fct_yearly_events where simulation_year = {year}"
        for one, other in ((run, events), (events, run)):
            [(rows,)] = connection.execute(
                f"select count(*) from (select {columns} from ({one}) "
                f"except all select {columns} from ({other}))"
            ).fetchall()
            if rows:
                raise SystemExit(f"{rows:,} events of {year} differ from those of the run")
