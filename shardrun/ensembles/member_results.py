"""What becomes of several runs that go side by side, told while it happens: pure data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from shardrun.ensembles.headline_figures import HeadlineFigure


@dataclass(frozen=True, slots=True)
class MemberFailure:
    """Why a run failed.

    Attributes:
        message: for the person who reads it.
        exit_code: with which it would have ended alone.
    """

    message: str
    exit_code: int


@dataclass(frozen=True, slots=True)
class MemberResult:
    """What came of a run.

    Attributes:
        name: of the task.
        seconds: that it took.
        already_finished: whether there was nothing to do.
        figures: headline figures of its summary, if they were wanted.
        digest: of its database, if it was wanted.
        remarks: what is to be said beside the result.
        failure: why it failed.
    """

    name: str
    seconds: float
    already_finished: bool = False
    figures: tuple[HeadlineFigure, ...] = ()
    digest: str | None = None
    remarks: tuple[str, ...] = ()
    failure: MemberFailure | None = None


class MemberState(StrEnum):
    """How one of several runs stands."""

    RUNNING = "running"
    RETRIED = "retried"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class MemberProgress:
    """One of several runs has come into a state.

    Attributes:
        name: which.
        state: what it has come to.
        result: what came of it, once it has ended.
    """

    name: str
    state: MemberState
    result: MemberResult | None = None


MemberListener = Callable[[MemberProgress], None]


def ignore_members(_: MemberProgress) -> None:
    """Listen to runs that nobody watches."""
