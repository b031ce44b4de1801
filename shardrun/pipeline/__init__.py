"""The years and stages of a run, one dbt call each: planned, driven, told, and their results."""

from __future__ import annotations

from shardrun.pipeline.orchestrator import PipelineOrchestrator, threading_config
from shardrun.pipeline.results import (
    MultiYearExecutionSummary,
    StageExecutionResult,
    YearExecutionResult,
)

__all__ = [
    "MultiYearExecutionSummary",
    "PipelineOrchestrator",
    "StageExecutionResult",
    "YearExecutionResult",
    "threading_config",
]
