"""The stages of a simulated year, in the order they run.

A plain enumeration at the bottom of the house: it must never import another module of the package.
"""

from __future__ import annotations

from enum import StrEnum


class WorkflowStage(StrEnum):
    """One stage; the value is its key under `workflow.stages`, the name its dbt tag.

    The order of the members is the order in which a year runs them.
    """

    INITIALIZATION = "initialization"
    FOUNDATION = "foundation"
    EVENT_GENERATION = "event_generation"
    STATE_ACCUMULATION = "state_accumulation"
    VALIDATION = "validation"
    REPORTING = "reporting"

    @property
    def words(self) -> str:
        """What people call it."""
        return self.value.replace("_", " ")
