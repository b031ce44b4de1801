"""The JSON documents of the commands: plain dicts, ready for ``json.dumps``."""

from __future__ import annotations

from dataclasses import asdict, fields
from datetime import date
from decimal import Decimal
from pathlib import Path

from shardrun.config.simulation import SimulationConfig
from shardrun.database.digest import DatabaseDigest
from shardrun.ledger.records import LedgerContents, RunRecord, ShardRecord, StepRecord
from shardrun.pipeline.plan import Step
from shardrun.resources import ResourceUsage
from shardrun.runs.outcome import Cell, RunOutcome
from shardrun.runs.resource_advice import advise

Document = dict[str, object]


def plan_document(config: SimulationConfig, plan: tuple[Step, ...]) -> Document:
    """Return what a run would do, step by step."""
    stages = config.workflow.stages
    return {
        "steps": [
            {
                "year": step.year,
                "stage": step.stage.value,
                "command": stages[step.stage].command,
                "select": list(stages[step.stage].selectors),
                "exclude": list(stages[step.stage].exclude),
            }
            for step in plan
        ]
    }


def outcome_document(outcome: RunOutcome, *, already_finished: bool) -> Document:
    """Return what a finished run shows.

    Args:
        outcome: of the database.
        already_finished: whether the command found it so and did nothing.
    """
    summary = outcome.summary
    return {
        "success": True,
        "already_finished": already_finished,
        "run": run_document(outcome.run),
        "database": str(outcome.folder.database),
        "logs": str(outcome.folder.logs),
        "seconds": round(outcome.seconds, 3),
        "stages": [
            {
                "stage": stage.stage.value,
                "seconds": round(stage.seconds, 3),
                "rows": stage.rows,
                **_resources(stage.resources),
            }
            for stage in outcome.stages
        ],
        "steps": [step_document(step) for step in outcome.steps],
        "shards": [shard_document(shard) for shard in outcome.shards],
        "advice": list(outcome.advice),
        "checks": {"passed": outcome.checks_passed, "total": outcome.checks},
        "summary": [
            {name: json_value(value) for name, value in zip(summary.columns, row, strict=True)}
            for row in summary.rows
        ]
        if summary
        else None,
    }


def ledger_document(database: Path, ledger: LedgerContents) -> Document:
    """Return all that a ledger holds."""
    return {
        "database": str(database),
        "runs": [run_document(run) for run in ledger.runs],
        "steps": [{"run_id": step.run_id, **step_document(step)} for step in ledger.steps],
        "shards": [{"run_id": shard.run_id, **shard_document(shard)} for shard in ledger.shards],
        "branches": [
            {
                "source": str(branch.source),
                "source_run_id": branch.source_run_id,
                "year": branch.year,
                "branched_at": branch.branched_at.isoformat(),
            }
            for branch in ledger.branches
        ],
        "advice": list(advise(ledger.runs[-1:], ledger.steps)),
    }


def digest_document(database: Path, digest: DatabaseDigest) -> Document:
    """Return the fingerprints of a database's tables."""
    return {
        "database": str(database),
        "digest": digest.digest,
        "tables": [
            {"table": table.table, "rows": table.rows, "digest": table.digest}
            for table in digest.tables
        ],
    }


def run_document(run: RunRecord) -> Document:
    """Return one run of a ledger."""
    return {
        "run_id": run.run_id,
        "status": run.status.value,
        "started_at": run.started_at.isoformat(),
        "ended_at": run.ended_at and run.ended_at.isoformat(),
        "start_year": run.start_year,
        "end_year": run.end_year,
        "random_seed": run.random_seed,
        "threading_config": dict(run.threading),
        "versions": dict(run.versions),
        "config": dict(run.fingerprints.config),
        "inputs": dict(run.fingerprints.inputs),
        "project": run.fingerprints.project,
        "limits": run.limits and asdict(run.limits),
        "error": run.error,
    }


def step_document(step: StepRecord) -> Document:
    """Return one step of a ledger."""
    return {
        "year": step.year,
        "stage": step.stage.value,
        "status": step.status.value,
        "started_at": step.started_at.isoformat(),
        "seconds": step.seconds and round(step.seconds, 3),
        "rows": step.rows,
        "checks": step.checks,
        "checks_passed": step.checks_passed,
        **_resources(step.resources),
    }


def _resources(usage: ResourceUsage | None) -> Document:
    """Return what was taken of the machine: seconds and bytes, null where that is not known."""
    if usage is None:
        return dict.fromkeys(field.name for field in fields(ResourceUsage))
    return {**asdict(usage), "cpu_seconds": round(usage.cpu_seconds, 3)}


def shard_document(shard: ShardRecord) -> Document:
    """Return one shard of a step; memory in bytes."""
    return {
        "year": shard.year,
        "stage": shard.stage.value,
        "shard": shard.shard_id,
        "of": shard.total_shards,
        "status": shard.status.value,
        "tries": shard.tries,
        "worker": shard.worker,
        "seconds": round(shard.seconds, 3),
        "rows": shard.rows,
        "peak_memory": shard.peak_memory,
        "error": shard.error,
    }


def json_value(value: Cell) -> str | int | float | bool | None:
    """Return a value of the database as JSON has it; an amount keeps its decimal digits."""
    match value:
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case date():
            return value.isoformat()
        case _:
            return value
