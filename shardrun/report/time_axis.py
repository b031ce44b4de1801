"""When each step of all runs ran, on one axis of seconds that leaves out the time between steps.

It must never look at the time of day: a clock may be set, even while a run is at work.
"""

from __future__ import annotations

from shardrun.ledger.records import LedgerContents, StepRecord


def placed_steps(ledger: LedgerContents) -> list[tuple[StepRecord, float]]:
    """Return the steps, each with the second at which it began."""
    placed: list[tuple[StepRecord, float]] = []
    offset = 0.0
    for step in ledger.steps:
        placed.append((step, offset))
        offset += step.seconds or 0.0
    return placed
