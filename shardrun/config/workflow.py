"""`workflow` in the configuration: what each stage runs, and the tables that mean something to us.

Owns the base of all sections too, so that every one is as strict. It must never know of years,
threads or memory.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    Strict,
    field_validator,
    model_validator,
)

from shardrun.config.problems import shown
from shardrun.stages import WorkflowStage


def not_blank(value: str) -> str:
    """Return text that is not blank.

    Raises:
        ValueError: it is blank.
    """
    if not value.strip():
        raise ValueError("can't be blank")
    return value


def _selector(value: str) -> str:
    # a leading - would reach dbt as an option, a space as a second selector
    if not re.fullmatch(r"[^\s-]\S*", value):
        raise ValueError(f"{shown(value)} is no dbt selector: no spaces, no - at the beginning")
    return value


def _identifier(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", value):
        raise ValueError(f"{shown(value)} is no name: letters, digits and _, no digit first")
    return value


def _number(value: object) -> object:
    return float(value) if isinstance(value, Decimal) else value


JsonScalar = str | int | float | bool | None

Identifier = Annotated[str, AfterValidator(_identifier)]
Text = Annotated[str, AfterValidator(not_blank)]
StageVar = Annotated[JsonScalar, BeforeValidator(_number)]
Columns = Annotated[tuple[Text, ...], Strict(False)]
Selectors = Annotated[tuple[Annotated[str, AfterValidator(_selector)], ...], Strict(False)]


class Section(BaseModel):
    """A group of keys: unknown ones are refused, types are not bent, nothing changes later."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class StageConfig(Section):
    """One stage under `workflow.stages`: what dbt runs in it, when and how.

    Attributes:
        command: the dbt command.
        models: dbt selectors.
        tags: dbt tags, selected beside the models.
        exclude: dbt selectors of what is left out of these.
        vars: dbt vars of this stage alone.
        threading: `parallel` uses `performance.dbt_threads`, `sequential` one thread.
        when: in the first year only, in every year, once after the last, or never, where the
            project has nothing for it.
        full_refresh: when incremental models and seeds are built anew.
        indirect_selection: which tests of selected nodes `build` and `test` take along, as dbt's
            --indirect-selection; `empty` takes only those that are selected themselves.
    """

    command: Literal["run", "build", "seed", "snapshot", "test"] = "run"
    models: Selectors = ()
    tags: Selectors = ()
    exclude: Selectors = ()
    vars: dict[Identifier, StageVar] = {}
    threading: Literal["parallel", "sequential"] = "parallel"
    when: Literal["first_year", "every_year", "end", "never"] = "every_year"
    full_refresh: Literal["never", "first_year", "always"] = "never"
    indirect_selection: Literal["eager", "cautious", "buildable", "empty"] = "eager"

    @property
    def selectors(self) -> tuple[str, ...]:
        """What goes behind dbt's --select; empty means everything the command covers."""
        return self.models + tuple(f"tag:{tag}" for tag in self.tags)

    @model_validator(mode="after")
    def _runnable(self) -> Self:
        selects_all = self.command in ("seed", "snapshot")
        if not self.selectors and not selects_all and self.when != "never":
            raise ValueError("give models: or tags:, so that dbt knows what belongs to the stage")
        if self.command in ("snapshot", "test") and self.full_refresh != "never":
            raise ValueError(f"dbt {self.command} has no full refresh; remove full_refresh:")
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


class EventTable(Section):
    """`workflow.event_table`: the canonical table of the sharded stage, and how it may be split.

    Attributes:
        stage: which stage runs in shards.
        model: the dbt model that writes it.
        shard_key: the column by which rows are shared out among the shards. Where the models call
            shardrun.shard_filter, shards are ranges of it; else of the hash of its text.
        entity_keys: columns that name the entity a row belongs to, in every table that has one;
            the shard key alone unless given.
        unique_key: columns that no two rows share.
        order_by: its canonical order, as its model has it; the unique key's columns are in it, and
            are it unless given.
        type_column: a column to count rows by, for people; None counts them all.
        inexact_sums: whether shards may sum floating-point numbers; the last digits of such a sum
            hang on the order of the rows, and may differ between two runs with shards or without.
    """

    stage: Annotated[WorkflowStage, Strict(False)] = WorkflowStage.EVENT_GENERATION
    model: Text
    shard_key: Text
    entity_keys: Columns = Field(default=(), min_length=1)
    unique_key: Columns = Field(min_length=1)
    order_by: Columns = Field(default=(), min_length=1)
    type_column: Text | None = None
    inexact_sums: Literal["refuse", "accept"] = "refuse"

    @model_validator(mode="before")
    @classmethod
    def _defaults(cls, given: Any) -> Any:
        if isinstance(given, dict) and {"shard_key", "unique_key"} <= given.keys():
            return {
                "entity_keys": (given["shard_key"],),
                "order_by": given["unique_key"],
                **given,
            }
        return given

    @model_validator(mode="after")
    def _without_ties(self) -> Self:
        missing = [column for column in self.unique_key if column not in self.order_by]
        if missing:
            raise ValueError(
                f"order_by lacks {', '.join(missing)} of unique_key, so that rows could tie"
            )
        return self


class WorkflowSection(Section):
    """`workflow`: the stages of a year; one that is not given keeps its default as a whole.

    Attributes:
        stages: what each stage of a year runs.
        summary_model: the table that a finished run shows, one row a year; None shows none.
        checks_model: the table of checks, one row a year and check with the columns check_name and
            contradictions; None counts dbt tests instead.
        event_table: what the shards of a stage are united in; None runs no shards.
    """

    stages: dict[Annotated[WorkflowStage, Strict(False)], StageConfig] = DEFAULT_STAGES
    summary_model: Text | None = "rpt_yearly_summary"
    checks_model: Text | None = "val_checks"
    event_table: EventTable | None = None

    @field_validator("stages")
    @classmethod
    def _every_stage(
        cls, given: dict[WorkflowStage, StageConfig]
    ) -> dict[WorkflowStage, StageConfig]:
        return {stage: given.get(stage, DEFAULT_STAGES[stage]) for stage in WorkflowStage}
