"""The configuration of a run: typed, strict, immutable pydantic models of the YAML file.

It owns names, types, ranges and defaults of the keys that any project has; a domain adds its own
sections in a subclass. It must never touch the database, dbt or the files that its paths name.
Paths are relative to the directory the program runs in.
"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal, Self, TypeVar, overload

from pydantic import (
    AliasChoices,
    BeforeValidator,
    Field,
    PlainValidator,
    Strict,
    ValidationError,
    ValidationInfo,
    field_validator,
)

from shardrun.config.location import ConfigLocation
from shardrun.config.periods import (
    YEAR_COLUMN,
    PeriodKind,
    PeriodNames,
    check_period,
    check_periods,
)
from shardrun.config.problems import refusal, shown
from shardrun.config.workflow import (
    Identifier,
    JsonScalar,
    Section,
    Text,
    WorkflowSection,
    not_blank,
)
from shardrun.config.yaml_source import read_yaml

MAX_SEED = 2**64 - 1
MAX_SHARDS = 1024


def _path(value: object) -> object:
    return not_blank(value) if isinstance(value, str) else value


def _decimal(value: object) -> object:
    return Decimal(value) if type(value) is int else value


def _shard_count(value: object) -> object:
    if value == "auto" or (type(value) is int and 1 <= value <= MAX_SHARDS):
        return value
    raise ValueError(f"expected a whole number from 1 to {MAX_SHARDS}, or auto, not {shown(value)}")


FilePath = Annotated[Path, Strict(False), BeforeValidator(_path)]
INTEGER_TOO = BeforeValidator(_decimal)
ShardCount = Annotated[
    int | Literal["auto"],
    PlainValidator(
        _shard_count,
        json_schema_input_type=Annotated[int, Field(ge=1, le=MAX_SHARDS)] | Literal["auto"],
    ),
]
Gigabytes = Annotated[
    Decimal, Field(ge=Decimal("0.5"), le=1_000_000, decimal_places=9), INTEGER_TOO
]


class SimulationSection(Section):
    """`simulation`: which years or other periods, and the seed of every random draw.

    Attributes:
        period: what one round is: a year such as 2025, a month such as 202501, or a number that
            stands for whatever the project's own list has in that place.
        variable: the dbt var that tells the project the period.
        column: what tables with a row for each period call it; None means as the var.
        start_year: the first period; spelled `start` where it is no year.
        end_year: the last one, included; spelled `end` where it is no year.
        random_seed: of every draw.
    """

    period: PeriodKind = "year"
    variable: Identifier = YEAR_COLUMN
    column: Identifier | None = None
    start_year: int = Field(
        default=2025, validate_default=True, validation_alias=AliasChoices("start_year", "start")
    )
    end_year: int = Field(
        default=2029, validate_default=True, validation_alias=AliasChoices("end_year", "end")
    )
    random_seed: int = Field(default=42, ge=0, le=MAX_SEED)

    @field_validator("start_year", "end_year")
    @classmethod
    def _a_period(cls, value: int, info: ValidationInfo) -> int:
        if "period" in info.data:
            check_period(info.data["period"], value)
        return value

    @field_validator("end_year")
    @classmethod
    def _in_order(cls, end_year: int, info: ValidationInfo) -> int:
        if "start_year" in info.data and "period" in info.data:
            check_periods(info.data["period"], info.data["start_year"], end_year)
        return end_year

    @property
    def period_column(self) -> str:
        """What tables with a row for each period call it."""
        return self.column or self.variable

    @property
    def period_names(self) -> PeriodNames:
        """What periods are called."""
        return PeriodNames(self.period, self.period_column)


class EventSharding(Section):
    """`performance.event_sharding`: event generation split over processes.

    Attributes:
        enabled: whether a year's events are generated shard by shard.
        shard_count: how many shards a year has; `auto` chooses by population, cores and memory.
        workers: how many shards run at a time; None means one a core.
        executor: `loky` runs them in processes, `inline` in the run's own, one by one, `dask` on
            a cluster.
        scheduler: the address of Dask's scheduler; None starts a cluster on this machine.
        keep_shards: whether the shard files stay after the union.
    """

    enabled: bool = False
    shard_count: ShardCount = 4
    workers: int | None = Field(default=None, ge=1, le=256)
    executor: Literal["loky", "inline", "dask"] = "loky"
    scheduler: Text | None = None
    keep_shards: bool = False

    @field_validator("scheduler")
    @classmethod
    def _of_a_cluster(cls, scheduler: str | None, info: ValidationInfo) -> str | None:
        executor = info.data.get("executor", "dask")
        if scheduler is not None and executor != "dask":
            raise ValueError(f"belongs to the executor dask, not {executor}")
        return scheduler


class PerformanceSection(Section):
    """`performance`: how much of the machine a run may use; it never changes a result.

    Attributes:
        dbt_threads: dbt nodes at once.
        max_parallel_years: always 1.
        event_sharding: event generation in shards.
        memory_limit_gb: memory in GB of 10^9 bytes, of all processes together.
    """

    dbt_threads: int = Field(default=6, ge=1, le=256)
    max_parallel_years: int = 1
    event_sharding: EventSharding = EventSharding()
    memory_limit_gb: Gigabytes = Decimal("8.0")

    @property
    def memory_mb(self) -> int:
        """The memory limit in megabytes (10^6 bytes)."""
        return int(self.memory_limit_gb * 1000)

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
        profiles_dir: the folder of profiles.yml; None means project_dir, or where dbt looks else.
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

    _location: ConfigLocation = ConfigLocation()

    @property
    def location(self) -> ConfigLocation:
        """From where it was read."""
        return self._location

    def read_at(self, location: ConfigLocation) -> Self:
        """Return the same configuration, as it was read from a location."""
        located = self.model_copy()
        located._location = location
        return located

    def dbt_vars(self) -> dict[str, JsonScalar]:
        """Return the dbt vars that stay the same through the run; the year comes with each call."""
        return {
            f"start_{self.simulation.period}": self.simulation.start_year,
            "random_seed": self.simulation.random_seed,
        }

    def first_year_vars(self) -> frozenset[str]:
        """Return the names of the dbt vars that mean nothing after the first year.

        A branch, which begins later, can't change them.
        """
        return frozenset({"start_year"})


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
