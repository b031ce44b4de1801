"""Which compiled stages were found safe to split, so that years alike are judged once a run.

Owns what makes two years alike: everything the judgment looks at, but for the year itself. It must
never judge.
"""

from __future__ import annotations

import re

from shardrun.dbt_runner.compiled import CompiledStage
from shardrun.shard_tasks import JUDGED_VARIANTS, TableColumns


class SafeStages:
    """Stages that were judged and may be split; a judgment takes as long as a small shard."""

    def __init__(self) -> None:
        """Know of none yet."""
        self._known: set[str] = set()

    def __contains__(self, judged: tuple[int, CompiledStage, TableColumns]) -> bool:
        """Tell whether this year's stage, or one that differs by nothing but the year, is known."""
        return _but_for_the_year(*judged) in self._known

    def add(self, year: int, stage: CompiledStage, columns: TableColumns) -> None:
        """Remember a stage that was found safe."""
        self._known.add(_but_for_the_year(year, stage, columns))


def _but_for_the_year(year: int, stage: CompiledStage, columns: TableColumns) -> str:
    """Return what a stage was judged by, with a placeholder wherever it says the year."""
    sql = [sorted(variant.items()) for variant in stage.sql[: len(JUDGED_VARIANTS)]]
    readers = sorted(stage.readers.items())
    inputs = [(name, columns.get(name)) for name in stage.inputs]
    return re.sub(rf"\b{year}\b", "{year}", repr((stage.nodes, readers, inputs, sql)))
