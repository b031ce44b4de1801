"""One size, all contenders in turn, side by side on one census; their digests must agree.

Owns the order of the runs and what is thrown away in between. It must never know what a contender
does.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.contenders import DEFAULT, LEGACY, Contender
from bench.limit import run_floor
from bench.measured import Measured, median_of
from bench.workspace import Workspace
from shardrun.database.digest import digest_database
from shardrun.workforce.census_generation import generate_census
from shardrun.workforce.parameters import WorkforceConfig

Remark = Callable[[str], None]
OnResult = Callable[[Path, Workspace], Measured]
"""A contender that starts from a finished run, and leaves no database of its own to compare."""


@dataclass(frozen=True)
class Comparison:
    """What is to be compared.

    Attributes:
        people: in the census.
        config: with years and limits.
        config_file: it was read from.
        contenders: by name; the default path is among them, and runs first.
        on_result: by name, those that start from the default path's database.
        runs: of each contender.
        legacy_runs: of legacy, which takes minutes.
    """

    people: int
    config: WorkforceConfig
    config_file: Path
    contenders: Mapping[str, Contender]
    on_result: Mapping[str, OnResult]
    runs: int
    legacy_runs: int

    def run(self, folder: Path, remark: Remark) -> dict[str, dict[str, Any]]:
        """Run all contenders, and return the medians of each by name.

        Args:
            folder: where everything is made, and taken away again.
            remark: is told of each run.

        Raises:
            SystemExit: a contender failed, or two disagree.
        """
        census = folder / "census.parquet"
        generate_census(census, employees=self.people, seed=42)
        measured: dict[str, list[Measured]] = {}
        digests: dict[str, str] = {}
        for turn in range(max(self.runs, self.legacy_runs)):
            finished = folder / f"{DEFAULT}-{turn}"
            for name, contender in self.contenders.items():
                if turn >= (self.legacy_runs if name == LEGACY else self.runs):
                    continue
                workspace = self._workspace(folder / f"{name}-{turn}", census)
                one = contender(workspace)
                digests[name] = digest_database(workspace.database).digest
                measured.setdefault(name, []).append(one)
                remark(f"{name:<22} {one.seconds:9.2f} s  {digests[name]}")
                if workspace.folder != finished:
                    shutil.rmtree(workspace.folder)
            if turn < self.runs:
                for name, on_result in self.on_result.items():
                    workspace = self._workspace(folder / f"{name}-{turn}", census)
                    one = on_result(finished / workspace.database.name, workspace)
                    measured.setdefault(name, []).append(one)
                    remark(f"{name:<22} {one.seconds:9.2f} s")
                    shutil.rmtree(workspace.folder)
                shutil.rmtree(finished)
        if len(set(digests.values())) != 1:
            raise SystemExit(f"the contenders disagree: {digests}")
        return {name: median_of(runs) for name, runs in measured.items()}

    def _workspace(self, folder: Path, census: Path) -> Workspace:
        folder.mkdir()
        return Workspace(folder, self.config, self.config_file, census)


ON_RESULT: dict[str, OnResult] = {"floor": run_floor}
