"""Which compiled stages were found safe to split, so that years alike are judged once a run.

Owns what makes two years alike: everything the judgment looks at, but for the year itself. It must
never judge.
"""

from __future__ import annotations

import re

from shardrun.dbt_runner.compiled import CompiledStage
from shardrun.shard_safety import StageVerdict
from shardrun.sharding.judgment import JUDGED_VARIANTS
from shardrun.sharding.table_columns import TableColumns


class SafeStages:
    """Stages that were judged and may be split; a judgment takes as long as a small shard."""

    def __init__(self) -> None:
        """Know of none yet."""
        self._known: dict[str, StageVerdict] = {}

    def verdict(
        self, year: int, stage: CompiledStage, columns: TableColumns
    ) -> StageVerdict | None:
        """Return what was found of this year's stage, or one that differs by the year alone."""
        return self._known.get(_but_for_the_year(year, stage, columns))

    def add(
        self, year: int, stage: CompiledStage, columns: TableColumns, verdict: StageVerdict
    ) -> None:
        """Remember a stage that was found safe."""
        self._known[_but_for_the_year(year, stage, columns)] = verdict


def _but_for_the_year(year: int, stage: CompiledStage, columns: TableColumns) -> str:
    """Return what a stage was judged by, with a placeholder wherever it says the year."""
    sql = [sorted(variant.items()) for variant in stage.sql[: len(JUDGED_VARIANTS)]]
    inputs = [(name, name in stage.behind_views, columns.get(name)) for name in stage.inputs]
    judged = repr((stage.nodes, sorted(stage.built), stage.run_hooks, inputs, sql))
    return re.sub(rf"\b{year}\b", "{year}", judged)
