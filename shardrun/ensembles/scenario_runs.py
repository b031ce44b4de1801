"""Scenarios side by side: each a run like any other, into a database that has its name.

Owns what becomes of the inputs that they share. It must never tell what a run came to: that is in
its database.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from shardrun.config.simulation import SimulationConfig
from shardrun.ensembles.ensemble import SharedInputs
from shardrun.ensembles.member_pool import run_members
from shardrun.ensembles.member_results import MemberListener, MemberResult
from shardrun.ensembles.member_run import MemberTask, sharing
from shardrun.errors import RunInterruptedError
from shardrun.runs.branching import BranchPoint
from shardrun.runs.execution import database_of
from shardrun.sharding.sizing import RunShare


@dataclass(frozen=True, slots=True)
class ScenarioRuns:
    """What runs, and where.

    Attributes:
        configs: by scenario.
        folder: where the databases are; absolute.
        import_inputs: checks and imports the inputs into a folder, each once.
        share: of the machine for each that runs.
        branch: where each leaves another run.
        from_year: the first year that is run again although it is done.
        fresh: whether databases of ours that are there are replaced.
        debug: one thread throughout, and the SQL in dbt's logs.
    """

    configs: Mapping[str, SimulationConfig]
    folder: Path
    import_inputs: Callable[[Path], SharedInputs]
    share: RunShare
    branch: BranchPoint | None = None
    from_year: int | None = None
    fresh: bool = False
    debug: bool = False

    def database(self, scenario: str) -> Path:
        """Return where the result of a scenario goes."""
        return self.folder / database_of(scenario)


def execute_scenarios(runs: ScenarioRuns, listener: MemberListener) -> Mapping[str, MemberResult]:
    """Run scenarios side by side, or go on with them.

    Args:
        runs: what runs.
        listener: is told how they get on.

    Returns:
        by scenario, what came of it; one that failed is a result too, and the others have finished.

    Raises:
        InputError: an input was refused.
        RunInterruptedError: by a signal; the same command goes on.
    """
    # beside the databases, since a census is personal data and may be large
    with tempfile.TemporaryDirectory(prefix=".shardrun-", dir=runs.folder) as folder:
        inputs = runs.import_inputs(Path(folder))
        tasks = [
            MemberTask(
                name=scenario,
                config=sharing(config, runs.share),
                database=runs.database(scenario),
                inputs=inputs[scenario],
                share=runs.share,
                fresh=runs.fresh,
                from_year=runs.from_year,
                branch=runs.branch,
                debug=runs.debug,
            )
            for scenario, config in runs.configs.items()
        ]
        try:
            ended = {
                task.name: result
                for task, result in run_members(tasks, runs.share.workers, listener)
            }
        except KeyboardInterrupt:
            raise RunInterruptedError(
                "the runs were stopped; the same command goes on with them"
            ) from None
    return {scenario: ended[scenario] for scenario in runs.configs}
