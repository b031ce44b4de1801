"""When each step of all runs ran, on one axis of seconds that leaves out the time between runs."""

from __future__ import annotations

from itertools import groupby

from shardrun.ledger_records import LedgerContents, StepRecord


def placed_steps(ledger: LedgerContents) -> list[tuple[StepRecord, float]]:
    """Return the steps, each with the second at which it began."""
    placed: list[tuple[StepRecord, float]] = []
    offset = 0.0
    for _, steps in groupby(ledger.steps, key=lambda step: step.run_id):
        of_run = list(steps)
        begun = min(step.started_at for step in of_run)
        placed += [(step, offset + (step.started_at - begun).total_seconds()) for step in of_run]
        offset = max(start + (step.seconds or 0.0) for step, start in placed)
    return placed
