"""Which compiled stages were found safe to split: two that are alike are judged once, not twice.

Owns what makes two stages alike: everything the judgment looks at, but for the year. What is safe
is also kept for later runs, beside what it follows from: the SQL, the columns, our own code. It
must never judge, nor keep a refusal, whose files a person is told to read.
"""

from __future__ import annotations

import hashlib
import pickle
import re

import duckdb

from shardrun import shard_safety
from shardrun.cache_file import CacheFile, code_digest
from shardrun.dbt_runner.compiled import CompiledStage
from shardrun.shard_safety import StageVerdict
from shardrun.sharding.judgment import JUDGED_VARIANTS
from shardrun.sharding.table_columns import TableColumns

_KEPT = 64
"""Verdicts in the cache folder, of a kilobyte each; a project has one for each kind of year."""


class SafeStages:
    """Stages that were judged and may be split; a judgment takes as long as a small shard."""

    def __init__(self) -> None:
        """Look for none yet."""
        self._known: dict[str, StageVerdict] = {}

    def verdict(
        self, year: int, stage: CompiledStage, columns: TableColumns, *settings: object
    ) -> StageVerdict | None:
        """Return what was found of this year's stage, or one that differs by the year alone.

        Args:
            year: that it was compiled for.
            stage: what dbt made of it.
            columns: of its inputs.
            settings: all else that it is judged by; told apart by what they look like.
        """
        judged = _but_for_the_year(year, stage, columns, settings)
        if judged not in self._known and (kept := _file(judged).read()):
            self._known[judged] = pickle.loads(kept)  # noqa: S301
        return self._known.get(judged)

    def add(
        self,
        verdict: StageVerdict,
        year: int,
        stage: CompiledStage,
        columns: TableColumns,
        *settings: object,
    ) -> None:
        """Remember a stage that was found safe."""
        judged = _but_for_the_year(year, stage, columns, settings)
        self._known[judged] = verdict
        _file(judged).write(pickle.dumps(verdict), newest=_KEPT)


def _file(judged: str) -> CacheFile:
    digest = hashlib.sha256(judged.encode()).hexdigest()
    code = code_digest(shard_safety.__name__, str(__package__))
    return CacheFile(f"verdicts/{digest[:32]}.pickle", (digest, duckdb.__version__, code))


def _but_for_the_year(
    year: int, stage: CompiledStage, columns: TableColumns, settings: tuple[object, ...]
) -> str:
    """Return what a stage was judged by, with a placeholder wherever it says the year."""
    sql = [sorted(variant.items()) for variant in stage.sql[: len(JUDGED_VARIANTS)]]
    inputs = [(name, name in stage.behind_views, columns.get(name)) for name in stage.inputs]
    judged = repr((settings, stage.nodes, sorted(stage.built), stage.run_hooks, inputs, sql))
    return re.sub(rf"\b{year}\b", "{year}", judged)
