"""What two databases were made from, held against each other by their ledgers.

Says what differs, never whether it matters to a table: that is for whoever compares the tables.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from shardrun.ledger.records import LedgerContents


class OriginKind(StrEnum):
    """What a result follows from; the last two must never change a row."""

    INPUTS = "inputs"
    CONFIG = "config"
    PROJECT = "project"
    YEARS = "years"
    BRANCH = "branch"
    ENGINE = "engine"
    THREADING = "threading"

    @property
    def decides(self) -> bool:
        """Whether a result may differ by it."""
        return self not in (OriginKind.ENGINE, OriginKind.THREADING)


@dataclass(frozen=True, slots=True)
class OriginDifference:
    """One thing that is not the same behind two databases.

    Attributes:
        kind: what it is.
        name: of the setting, input or distribution; of a project or of years just that.
        a: how it is in the first database, as text; None where it has none.
        b: how it is in the second.
    """

    kind: OriginKind
    name: str
    a: str | None
    b: str | None


def compare_origins(a: LedgerContents, b: LedgerContents) -> tuple[OriginDifference, ...]:
    """Name what differs in what two databases were made from, by kind and name.

    Args:
        a: the ledger of the first; at least one run must have begun on it.
        b: of the second.
    """
    sides = [_origins(ledger) for ledger in (a, b)]
    return tuple(
        OriginDifference(kind, name, first.get(name), second.get(name))
        for kind, first, second in ((kind, sides[0][kind], sides[1][kind]) for kind in OriginKind)
        for name in sorted(first.keys() | second.keys())
        if first.get(name) != second.get(name)
    )


def _origins(ledger: LedgerContents) -> Mapping[OriginKind, Mapping[str, str]]:
    made_from = ledger.runs[-1].fingerprints
    return {
        OriginKind.INPUTS: made_from.inputs,
        OriginKind.CONFIG: {key: json.dumps(value) for key, value in made_from.config.items()},
        OriginKind.PROJECT: {"project": made_from.project},
        OriginKind.YEARS: dict(_years(ledger)),
        OriginKind.BRANCH: {
            f"years before {branch.year}": f"those of {branch.source}" for branch in ledger.branches
        },
        OriginKind.ENGINE: _over_all_runs([run.versions for run in ledger.runs]),
        OriginKind.THREADING: _over_all_runs(
            [{name: str(value) for name, value in run.threading.items()} for run in ledger.runs]
        ),
    }


def _years(ledger: LedgerContents) -> Iterator[tuple[str, str]]:
    done = [year for _, year in ledger.done]
    if done:
        yield "years", f"{min(done)}-{max(done)}"


def _over_all_runs(values: list[Mapping[str, str]]) -> dict[str, str]:
    """Return each name with its values in all runs: a resumed database may have several."""
    names = sorted({name for run in values for name in run})
    return {
        name: ", ".join(dict.fromkeys(run[name] for run in values if name in run)) for name in names
    }
