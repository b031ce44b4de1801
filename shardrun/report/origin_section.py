"""What a report tells of where a database comes from, and of what it holds: settings and digests.

It must never judge whether two of them are the same; that is :mod:`shardrun.diff.origins`.
"""

from __future__ import annotations

import json

from shardrun.database.digest import DatabaseDigest
from shardrun.ledger.fingerprints import Fingerprints
from shardrun.ledger.records import LedgerContents
from shardrun.report.blocks import DataTable, Section


def setting_rows(made_from: Fingerprints) -> tuple[tuple[str, str], ...]:
    """Return the settings of the configuration, by name; what is no text as JSON."""
    return tuple(
        (key, value if isinstance(value, str) else json.dumps(value))
        for key, value in sorted(made_from.config.items())
    )


def origin_section(ledger: LedgerContents, digest: DatabaseDigest) -> Section:
    """Show what the database was made from, and its fingerprint."""
    run = ledger.runs[-1]
    word = ledger.period_names.word
    made_from = run.fingerprints
    versions = tuple((name, value) for name, value in run.versions.items())
    threading = tuple((name, str(value)) for name, value in run.threading.items())
    inputs = tuple((name, value) for name, value in made_from.inputs.items())
    runs = tuple(
        (
            each.run_id,
            each.status.value,
            f"{each.start_year}-{each.end_year}",
            f"{each.started_at:%Y-%m-%d %H:%M} UTC",
        )
        for each in ledger.runs
    )
    tables = tuple((table.table, table.rows, table.digest) for table in digest.tables)
    branches = tuple(
        (f"before {branch.year}", str(branch.source), branch.source_run_id)
        for branch in ledger.branches
    )
    return Section(
        "Where it comes from",
        "Databases made from the same configuration, inputs and project have the same digest, "
        "whatever the threads, the shards or the version of DuckDB.",
        [
            DataTable("Runs", ("run", "status", f"{word}s", "started"), runs),
            *(
                [
                    DataTable(
                        f"{word.capitalize()}s of another run",
                        (f"{word}s", "database", "run"),
                        branches,
                    )
                ]
                if branches
                else []
            ),
            DataTable("Configuration", ("setting", "value"), setting_rows(made_from)),
            DataTable(
                "Inputs and project", ("input", "digest"), (*inputs, ("project", made_from.project))
            ),
            DataTable("Versions and threads", ("name", "value"), (*versions, *threading)),
            DataTable(
                "Digests",
                ("table", "rows", "digest"),
                (*tables, ("all", sum(table.rows for table in digest.tables), digest.digest)),
            ),
        ],
    )
