"""The configuration of a run: typed, strict, immutable pydantic models of the YAML file.

It owns names, types, ranges and defaults of the keys that any project has; a domain adds its own
sections in a subclass. It must never touch the database, dbt or the files that its paths name.
Paths are relative to the directory the program runs in.
"""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal, Self, TypeVar, overload

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    Strict,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from shardrun.config_problems import refusal, shown
from shardrun.stages import WorkflowStage
from shardrun.yaml_source import read_yaml

MAX_YEARS = 100
MAX_SEED = 2**64 - 1

JsonScalar = str | int | float | bool | None


def check_years(start_year: int, end_year: int) -> None:
    """Check that the years are in order and not too many.

    Raises:
        ValueError: with the reason.
    """
    if end_year < start_year:
        raise ValueError(f"the last year, {end_year}, is before the first, {start_year}")
    if end_year - start_year >= MAX_YEARS:
        raise ValueError(f"{end_year - start_year + 1} years are too many; at most {MAX_YEARS}")


def _not_blank(value: str) -> str:
    if not value.strip():
        raise ValueError("can't be blank")
    return value


def _selector(value: str) -> str:
    # a leading - would reach dbt as an option, a space as a second selector
    if not re.fullmatch(r"[^\s-]\S*", value):
        raise ValueError(f"{shown(value)} is no dbt selector: no spaces, no - at the beginning")
    return value


def _path(value: object) -> object:
    return _not_blank(value) if isinstance(value, str) else value


def _decimal(value: object) -> object:
    return Decimal(value) if type(value) is int else value


Text = Annotated[str, AfterValidator(_not_blank)]
FilePath = Annotated[Path, Strict(False), BeforeValidator(_path)]
INTEGER_TOO = BeforeValidator(_decimal)
Gigabytes = Annotated[
    Decimal, Field(ge=Decimal("0.25"), le=1_000_000, decimal_places=9), INTEGER_TOO
]
Selectors = Annotated[tuple[Annotated[str, AfterValidator(_selector)], ...], Strict(False)]


class Section(BaseModel):
    """A group of keys: unknown ones are refused, types are not bent, nothing changes later."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class SimulationSection(Section):
    """`simulation`: which years, and the seed of every random draw."""

    start_year: int = Field(default=2025, ge=1900, le=2200)
    end_year: int = Field(default=2029, ge=1900, le=2200, validate_default=True)
    random_seed: int = Field(default=42, ge=0, le=MAX_SEED)

    @field_validator("end_year")
    @classmethod
    def _years_in_order(cls, end_year: int, info: ValidationInfo) -> int:
        if "start_year" in info.data:
            check_years(info.data["start_year"], end_year)
        return end_year


class StageConfig(Section):
    """One stage under `workflow.stages`: what dbt runs in it, when and how.

    Attributes:
        command: the dbt command.
        models: dbt selectors.
        tags: dbt tags, selected beside the models.
        threading: `parallel` uses `performance.dbt_threads`, `sequential` one thread.
        when: in the first year only, in every year, or once after the last.
        full_refresh: when incremental models and seeds are built anew.
        indirect_selection: which tests of selected nodes `build` and `test` take along, as dbt's
            --indirect-selection; `empty` takes only those that are selected themselves.
    """

    command: Literal["run", "build", "seed", "test"] = "run"
    models: Selectors = ()
    tags: Selectors = ()
    threading: Literal["parallel", "sequential"] = "parallel"
    when: Literal["first_year", "every_year", "end"] = "every_year"
    full_refresh: Literal["never", "first_year", "always"] = "never"
    indirect_selection: Literal["eager", "cautious", "buildable", "empty"] = "eager"

    @property
    def selectors(self) -> tuple[str, ...]:
        """What goes behind dbt's --select; empty means everything the command covers."""
        return self.models + tuple(f"tag:{tag}" for tag in self.tags)

    @model_validator(mode="after")
    def _runnable(self) -> Self:
        if not self.selectors and self.command != "seed":
            raise ValueError("give models: or tags:, so that dbt knows what belongs to the stage")
        if self.command == "test" and self.full_refresh != "never":
            raise ValueError("dbt test has no full refresh; remove full_refresh:")
        return self


DEFAULT_STAGES = {
    WorkflowStage.INITIALIZATION: StageConfig(
        command="build",
        tags=("INITIALIZATION",),
        when="first_year",
        indirect_selection="empty",
    ),
    WorkflowStage.FOUNDATION: StageConfig(tags=("FOUNDATION",)),
    WorkflowStage.EVENT_GENERATION: StageConfig(tags=("EVENT_GENERATION",)),
    WorkflowStage.STATE_ACCUMULATION: StageConfig(tags=("STATE_ACCUMULATION",)),
    WorkflowStage.VALIDATION: StageConfig(
        command="build", tags=("VALIDATION",), indirect_selection="empty"
    ),
    WorkflowStage.REPORTING: StageConfig(tags=("REPORTING",), when="end"),
}


class WorkflowSection(Section):
    """`workflow`: the stages of a year; one that is not given keeps its default as a whole.

    Attributes:
        stages: by name.
        summary_model: the table that a finished run shows, one row a year; None shows none.
        checks_model: the table of checks, one row a year and check with the columns check_name and
            contradictions; None counts dbt tests instead.
    """

    stages: dict[Annotated[WorkflowStage, Strict(False)], StageConfig] = DEFAULT_STAGES
    summary_model: Text | None = "rpt_yearly_summary"
    checks_model: Text | None = "val_checks"

    @field_validator("stages")
    @classmethod
    def _every_stage(
        cls, given: dict[WorkflowStage, StageConfig]
    ) -> dict[WorkflowStage, StageConfig]:
        return {stage: given.get(stage, DEFAULT_STAGES[stage]) for stage in WorkflowStage}


class EventSharding(Section):
    """`performance.event_sharding`: event generation split over processes."""

    enabled: bool = False
    shard_count: int = Field(default=4, ge=1, le=1024)


class PerformanceSection(Section):
    """`performance`: how much of the machine a run may use; it never changes a result.

    Attributes:
        dbt_threads: dbt nodes at once.
        max_parallel_years: always 1.
        event_sharding: see EventSharding.
        memory_limit_gb: DuckDB's memory limit in GB of 10^9 bytes.
    """

    dbt_threads: int = Field(default=6, ge=1, le=256)
    max_parallel_years: int = 1
    event_sharding: EventSharding = EventSharding()
    memory_limit_gb: Gigabytes = Decimal("8.0")

    @field_validator("max_parallel_years")
    @classmethod
    def _one_year_at_a_time(cls, years: int) -> int:
        if years != 1:
            raise ValueError(
                f"{years} years can't run at once: a year starts from the end of the one before; "
                "write 1 or remove the key"
            )
        return years


class ProjectSection(Section):
    """`project`: the dbt project that runs.

    Attributes:
        project_dir: the folder of dbt_project.yml.
        profiles_dir: the folder of profiles.yml; None means project_dir.
        target: the target in profiles.yml; None means the profile's default.
    """

    project_dir: FilePath = Path("dbt")
    profiles_dir: FilePath | None = None
    target: Text | None = None


class SimulationConfig(Section):
    """Everything a run of any staged dbt project is told; every key has a default."""

    simulation: SimulationSection = SimulationSection()
    workflow: WorkflowSection = WorkflowSection()
    performance: PerformanceSection = PerformanceSection()
    project: ProjectSection = ProjectSection()

    def dbt_vars(self) -> dict[str, JsonScalar]:
        """Return the dbt vars that stay the same through the run; the year comes with each call."""
        return {
            "start_year": self.simulation.start_year,
            "random_seed": self.simulation.random_seed,
        }


ConfigT = TypeVar("ConfigT", bound=SimulationConfig)


@overload
def load_config(path: Path) -> SimulationConfig: ...
@overload
def load_config(path: Path, model: type[ConfigT]) -> ConfigT: ...
def load_config(path: Path, model: type[SimulationConfig] = SimulationConfig) -> SimulationConfig:
    """Read and check the configuration file `path` as a `model`.

    Raises:
        ConfigError: if it is not acceptable; lists every problem with file, line and column.
    """
    source = read_yaml(path)
    try:
        return model.model_validate(source.data)
    except ValidationError as error:
        raise refusal(error, source, model) from error
