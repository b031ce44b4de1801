"""The configuration that a run had, as far as its database records it.

Reads back what :func:`shardrun.ledger.fingerprints.config_settings` writes down. It must never
change what no result follows from: where the project is, threads, memory, the canonical table.
"""

from __future__ import annotations

from collections.abc import Mapping

from shardrun.config.simulation import ConfigT, SimulationSection
from shardrun.config.workflow import JsonScalar, StageConfig
from shardrun.ledger.fingerprints import PERIOD_SETTINGS, stage_key
from shardrun.ledger.records import RunRecord


def recorded_config(config: ConfigT, run: RunRecord) -> ConfigT:
    """Return a configuration with the periods, the seed and the stages that a run had.

    A domain's own sections stay: what they are to dbt is in :func:`recorded_variables`.

    Args:
        config: of the same project.
        run: as its database records it.
    """
    recorded = run.fingerprints.config
    names = {
        name: recorded.get(name, SimulationSection.model_fields[name].default)
        for name in PERIOD_SETTINGS
    }
    years = {
        "start_year": run.start_year,
        "end_year": run.end_year,
        "random_seed": run.random_seed,
    }
    stages = {
        stage: _recorded_stage(each, stage_key(stage), recorded)
        for stage, each in config.workflow.stages.items()
    }
    return config.model_copy(
        update={
            "simulation": config.simulation.model_copy(update=names | years),
            "workflow": config.workflow.model_copy(update={"stages": stages}),
        }
    )


def recorded_variables(run: RunRecord) -> dict[str, JsonScalar]:
    """Return the dbt vars that a run gave to every stage."""
    return {
        name: value
        for name, value in run.fingerprints.config.items()
        if name not in PERIOD_SETTINGS and "." not in name
    }


def _recorded_stage(
    config: StageConfig, key: str, recorded: Mapping[str, JsonScalar]
) -> StageConfig:
    if f"{key}.command" not in recorded:
        return config
    variables = f"{key}.vars."
    return config.model_copy(
        update={
            "command": recorded[f"{key}.command"],
            "models": tuple(str(recorded[f"{key}.select"]).split()),
            "tags": (),  # they are selectors like any other there
            "exclude": tuple(str(recorded.get(f"{key}.exclude", "")).split()),
            "when": recorded[f"{key}.when"],
            "full_refresh": recorded[f"{key}.full_refresh"],
            "vars": {
                name.removeprefix(variables): value
                for name, value in recorded.items()
                if name.startswith(variables)
            },
        }
    )
