"""An ensemble: one simulation with many seeds, for what is chance in its result.

Owns which members are run, and what becomes of their databases. Members are runs like any other;
what they come to is the business of the ensemble's database.
"""

from __future__ import annotations

import glob
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from shardrun.config.dbt_project import read_project
from shardrun.config.overrides import with_overrides
from shardrun.config.simulation import SimulationConfig
from shardrun.database.connection import ALIAS, memory_database, open_database, write_ahead_log
from shardrun.database.digest import digest_relation
from shardrun.database.ownership import check_writable, has_ledger, holds_nothing
from shardrun.database.run_folder import RunFolder
from shardrun.ensembles.database import write_ensemble
from shardrun.ensembles.member_pool import run_members
from shardrun.ensembles.member_results import MemberListener, MemberResult
from shardrun.ensembles.member_run import MemberTask, sharing
from shardrun.ensembles.members import Member
from shardrun.ensembles.records import (
    EMPTY,
    EnsembleContents,
    MadeFrom,
    holds_ensemble,
    read_ensemble,
)
from shardrun.errors import DatabaseError, InputError, RunInterruptedError
from shardrun.ledger.fingerprints import Fingerprints, config_settings, project_fingerprint
from shardrun.ledger.ledger import installed_versions
from shardrun.runs.branching import BranchPoint, check_branchable, read_source
from shardrun.sharding.sizing import RunShare
from shardrun.sql import quote_literal

SharedInputs = Mapping[str, Mapping[str, Path]]
"""By scenario and name, the canonical form of each input."""


@dataclass(frozen=True, slots=True)
class EnsembleRequest:
    """What an ensemble is made of.

    Attributes:
        database: of the ensemble; absolute.
        configs: by scenario; empty for the configuration itself.
        members: of these scenarios.
        import_inputs: checks and imports the inputs into a folder, each once.
        share: of the machine for each member that runs.
        branch: where every member leaves another run.
        fresh: whether an ensemble that is there is replaced.
        keep_members: whether the members' own databases stay.
        debug: one thread throughout, and the SQL in dbt's logs.
    """

    database: Path
    configs: Mapping[str, SimulationConfig]
    members: tuple[Member, ...]
    import_inputs: Callable[[Path], SharedInputs]
    share: RunShare
    branch: BranchPoint | None = None
    fresh: bool = False
    keep_members: bool = False
    debug: bool = False


@dataclass(frozen=True, slots=True)
class AcceptedEnsemble:
    """An ensemble that nothing stands against; its inputs wait in the run folder.

    Attributes:
        request: as it was asked for.
        folder: the run folder, and through it the database.
        inputs: of each scenario.
        made_from: what each scenario's members follow from.
        pending: the members that are not done.
    """

    request: EnsembleRequest
    folder: RunFolder
    inputs: SharedInputs
    made_from: Mapping[str, MadeFrom]
    pending: tuple[Member, ...]


def accept_ensemble(request: EnsembleRequest) -> AcceptedEnsemble:
    """Check that an ensemble can start, or go on.

    Raises:
        InputError: something does not fit: an input, a branch, or what changed since the database
            was made.
        ProjectError: there is no dbt project.
        DatabaseError: the database is not that of an ensemble.
        DatabaseInUseError: another process is writing to it.
    """
    for config in request.configs.values():
        if config.workflow.summary_model is None:
            raise InputError(
                "--seeds: the config names no table with the headline figures of a year. Give "
                "workflow.summary_model."
            )
    there = _read(request.database)
    if request.fresh:
        there = EMPTY
    folder = RunFolder(request.database)
    folder.create()
    try:
        inputs = request.import_inputs(folder.incoming)
        made_from = {
            scenario: _made_from(request, config, inputs[scenario])
            for scenario, config in request.configs.items()
        }
        _check_continuable(request.database, there, made_from)
    except BaseException:
        folder.discard()
        raise
    pending = tuple(
        member
        for member in request.members
        if member not in there.done
        or (request.keep_members and not (folder.members / member.file_name).exists())
    )
    return AcceptedEnsemble(request, folder, inputs, made_from, pending)


def execute_ensemble(
    accepted: AcceptedEnsemble, listener: MemberListener
) -> tuple[MemberResult, ...]:
    """Run the members that are not done.

    Args:
        accepted: by :func:`accept_ensemble`.
        listener: is told how they get on.

    Returns:
        what came of each of them; one that failed is a result too, and the others have finished.

    Raises:
        InputError: what was given to all of them was refused.
        RunInterruptedError: by a signal; the same command goes on.
    """
    try:
        return tuple(_execute(accepted, listener))
    except KeyboardInterrupt:
        done = len(read_ensemble(accepted.request.database).done)
        raise RunInterruptedError(
            f"the ensemble was stopped with {done:,} members done; the same command goes on with it"
        ) from None
    finally:
        accepted.folder.discard_incoming()


def _execute(accepted: AcceptedEnsemble, listener: MemberListener) -> Iterator[MemberResult]:
    request, folder = accepted.request, accepted.folder
    if request.fresh:
        _start_anew(folder)
    folder.members.mkdir(mode=0o700, exist_ok=True)
    members = {str(member): member for member in accepted.pending}
    tasks = [_task(accepted, member) for member in accepted.pending]
    with (
        write_ensemble(request.database) as writer,
        closing(run_members(tasks, request.share.workers, listener)) as ending,
    ):
        writer.record_scenarios(accepted.made_from)
        for task, result in ending:
            # what one run is refused for, such as a model that dbt can't read, all would be
            if result.failure and result.failure.exit_code == InputError.exit_code:
                raise InputError(f"{task.name}: {result.failure.message}")
            writer.record_member(members[task.name], result)
            if result.failure is None and not request.keep_members:
                RunFolder(task.database).remove()
            yield result


def _task(accepted: AcceptedEnsemble, member: Member) -> MemberTask:
    request = accepted.request
    config = sharing(request.configs[member.scenario], request.share)
    return MemberTask(
        name=str(member),
        config=with_overrides(config, random_seed=member.seed),
        database=accepted.folder.members / member.file_name,
        inputs=accepted.inputs[member.scenario],
        share=request.share,
        branch=request.branch,
        for_ensemble=True,
        debug=request.debug,
    )


def _start_anew(folder: RunFolder) -> None:
    """Remove an ensemble, but not the lock and the inputs that wait in its folder."""
    for file in (folder.database, write_ahead_log(folder.database)):
        file.unlink(missing_ok=True)
    for database in sorted(folder.members.glob("*.duckdb")):
        RunFolder(database).remove()


def _read(database: Path) -> EnsembleContents:
    check_writable(database)
    if not database.exists() or holds_nothing(database):
        return EMPTY
    with open_database(database) as connection:
        if not holds_ensemble(connection, ALIAS):
            what = "holds a run" if has_ledger(connection, ALIAS) else "was not made by shardrun"
            raise DatabaseError(
                f"{database} {what}, so it is left alone. Name another file for the ensemble with "
                "--database."
            )
    return read_ensemble(database)


def _made_from(
    request: EnsembleRequest, config: SimulationConfig, inputs: Mapping[str, Path]
) -> MadeFrom:
    with memory_database() as connection:
        digests = {
            name: digest_relation(
                connection, f"read_parquet({quote_literal(glob.escape(str(file)))})"
            )[1]
            for name, file in inputs.items()
        }
    made_from = Fingerprints(
        config_settings(config),
        digests,
        project_fingerprint(read_project(config.project.project_dir)),
    )
    settings = {name: value for name, value in made_from.config.items() if name != "random_seed"}
    branch = request.branch
    if branch is not None:
        source = read_source(branch, config, request.database)
        check_branchable(branch, source, config, made_from)
        settings["branch.year"] = branch.year
        settings["branch.run"] = source.runs[-1].run_id
    years = config.simulation
    return MadeFrom(
        years.start_year,
        years.end_year,
        Fingerprints(settings, made_from.inputs, made_from.project),
        installed_versions(),
    )


def _check_continuable(
    database: Path, there: EnsembleContents, made_from: Mapping[str, MadeFrom]
) -> None:
    """Refuse to add members to those that were made from something else.

    Raises:
        InputError: naming all that differs.
    """
    changes = [
        f"{f'{scenario}: ' if scenario else ''}{change}"
        for scenario, now in made_from.items()
        if scenario in there.made_from
        for change in now.changes_since(there.made_from[scenario])
    ]
    if changes:
        listing = "\n".join(f"  {change}" for change in changes)
        raise InputError(
            f"the members in {database} were made from something else than these would be:\n"
            f"{listing}\nRun with --fresh to replace them, or name another file with --database."
        )
