"""May the event stage be run shard by shard? Decided from its compiled SQL, or refused.

Owns the abstract interpretation of the stage's SQL, whose values and rules :mod:`relations` tells.
It must never import what runs, and never let pass what it does not understand.

It takes at their word: that key columns are never null, that an ORDER BY leaves no ties that
matter, that no view among the inputs reads what the stage writes, and that a shard's session has
the settings of the default path.
"""

from __future__ import annotations

from shardrun.shard_safety.file_reads import views_over_files
from shardrun.shard_safety.model_rules import check_models
from shardrun.shard_safety.stage import analyze_stage
from shardrun.shard_safety.verdict import CompiledModel, InputColumns, StageVerdict, Violation

__all__ = [
    "CompiledModel",
    "InputColumns",
    "StageVerdict",
    "Violation",
    "analyze_stage",
    "check_models",
    "views_over_files",
]
