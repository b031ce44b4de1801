"""How a run splits event generation: what the configuration asks for, settled for this machine.

Owns what `auto` and unset keys come to. It must never start a worker, nor look at the database.
"""

from __future__ import annotations

from dataclasses import dataclass

from shardrun.config.simulation import SimulationConfig
from shardrun.config.workflow import EventTable
from shardrun.errors import InputError
from shardrun.pools.executors import ExecutorName, available_cores
from shardrun.sharding.sizing import WorkerShare, choose_shards, share_machine


@dataclass(frozen=True, slots=True)
class Sharding:
    """Event generation in shards.

    Attributes:
        table: what the shards are united in.
        shards: how many a year has.
        share: what each worker may use.
        executor: what runs them.
        scheduler: of the cluster that does, if it is not to be started here.
        keep_shards: whether their files stay after the union.
        reason: why there are as many, where `auto` chose.
    """

    table: EventTable
    shards: int
    share: WorkerShare
    executor: ExecutorName
    scheduler: str | None
    keep_shards: bool
    reason: str | None

    @property
    def splits(self) -> bool:
        """Whether the stage runs in shards; not where `auto` chose the default path."""
        return self.shards > 1 or self.reason is None


def require_event_table(config: SimulationConfig) -> EventTable:
    """Return the table that shards are united in.

    Raises:
        InputError: the project names none, or the stage is no plain `run`.
    """
    if config.workflow.event_table is None:
        raise InputError(
            "shards: the config does not say what they are united in. Give workflow.event_table "
            "with model, shard_key and unique_key, or run without shards."
        )
    table = config.workflow.event_table
    stage = config.workflow.stages[table.stage]
    if stage.command != "run":
        raise InputError(
            f"shards: workflow.stages.{table.stage} is `dbt {stage.command}`, and a shard only "
            "runs models. Make it `run`, with seeds and tests in other stages."
        )
    if stage.when != "every_year" or stage.full_refresh != "never":
        raise InputError(
            f"shards: workflow.stages.{table.stage} has to run in every period (when: every_year), "
            "without a full refresh: the union of its shards replaces one period of its table."
        )
    return table


def plan_sharding(config: SimulationConfig, entities: int | None) -> Sharding | None:
    """Settle how a run is split; None where it is not.

    Args:
        config: of the run.
        entities: how many entities the run starts with, if that is known.

    Raises:
        InputError: the project can't have shards, or there is too little memory for its workers.
    """
    wanted = config.performance.event_sharding
    if not wanted.enabled:
        return None
    table = require_event_table(config)
    cores = available_cores()
    memory_mb = config.performance.memory_mb
    shards, reason = wanted.shard_count, None
    if shards == "auto":
        choice = choose_shards(entities, cores, memory_mb)
        shards, reason = choice.shards, f"{choice.shards} shards: {choice.reason}"
    workers = 1 if wanted.executor == "inline" else wanted.workers
    return Sharding(
        table=table,
        shards=shards,
        share=share_machine(shards, workers, cores, memory_mb),
        executor=wanted.executor,
        scheduler=wanted.scheduler,
        keep_shards=wanted.keep_shards,
        reason=reason,
    )
