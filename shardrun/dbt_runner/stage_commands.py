"""The dbt command that a stage of the configuration is, as words.

It must never run one.
"""

from __future__ import annotations

from shardrun.config.workflow import StageConfig


def stage_command(config: StageConfig, *, is_first_year: bool) -> list[str]:
    """Return the command that runs a stage.

    Args:
        config: of the stage.
        is_first_year: whether it runs for the first simulated year.
    """
    command: list[str] = [config.command]
    if config.selectors:
        command += ["--select", *config.selectors]
    if config.exclude:
        command += ["--exclude", *config.exclude]
    if config.full_refresh == "always" or (config.full_refresh == "first_year" and is_first_year):
        command.append("--full-refresh")
    if config.command in ("build", "test"):
        command += ["--exclude-resource-type", "unit_test"]
        command += ["--indirect-selection", config.indirect_selection]
    return command


def compile_command(config: StageConfig) -> list[str]:
    """Return the command that compiles a stage's models, ephemeral ones left apart."""
    return [
        *("compile", "--no-inject-ephemeral-ctes", "--indirect-selection", "empty"),
        *("--select", *(f"{word},resource_type:model" for word in config.selectors)),
        *(("--exclude", *config.exclude) if config.exclude else ()),
    ]
