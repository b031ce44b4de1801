"""What a report tells of the shards that a run split a stage over: time, memory, tries.

Shards are compared with each other: one that takes much longer than its neighbours, or was tried
again, is what a person looks for here.
"""

from __future__ import annotations

from collections.abc import Sequence

from shardrun.ledger.records import LedgerContents, ShardRecord, Status
from shardrun.report.blocks import Chart, DataTable, Section
from shardrun.report.figures import grouped_bars

_MB = 1_000_000


def shard_section(ledger: LedgerContents) -> Section | None:
    """Show every shard that was made, by period; None where nothing was split."""
    shards = [shard for shard in ledger.shards if shard.status is Status.FINISHED]
    if not shards:
        return None
    tried_again = sum(shard.tries > 1 for shard in shards)
    word = ledger.period_names.word
    stage = shards[-1].stage.words
    note = f"The {stage} of each {word} was made in parts, side by side. " + (
        f"{tried_again:,} of {len(shards):,} had to be tried again."
        if tried_again
        else "None had to be tried again."
    )
    return Section(
        "Shards",
        note,
        [
            _chart(
                word,
                "Time",
                "Seconds that each shard took.",
                shards,
                [shard.seconds for shard in shards],
            ),
            _chart(
                word,
                "Memory",
                "Most memory of its process until the shard was made, in MB of 10^6 bytes.",
                shards,
                [shard.peak_memory / _MB for shard in shards],
            ),
        ],
    )


def _chart(
    period_word: str,
    title: str,
    note: str,
    shards: Sequence[ShardRecord],
    values: Sequence[float],
) -> Chart:
    columns = (
        period_word,
        "shard",
        "of",
        "seconds",
        "rows",
        "peak_memory_bytes",
        "tries",
        "process",
    )
    rows = tuple(
        (
            shard.year,
            shard.shard_id,
            shard.total_shards,
            round(shard.seconds, 3),
            shard.rows,
            shard.peak_memory,
            shard.tries,
            None if shard.worker is None else str(shard.worker),
        )
        for shard in shards
    )
    return Chart(
        title=title,
        note=note,
        figure=grouped_bars(
            [str(shard.year) for shard in shards],
            [str(shard.shard_id) for shard in shards],
            values,
            [
                f"{shard.year}, shard {shard.shard_id} of {shard.total_shards}: "
                f"{shard.seconds:.2f} s, {shard.rows:,} rows, {shard.peak_memory / _MB:,.0f} MB"
                for shard in shards
            ],
        ),
        data=DataTable("", columns, rows),
    )
