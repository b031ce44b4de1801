"""What is said of a Jinja template or macro, and who can be asked about macros.

Plain data and a protocol: it must never look at a syntax tree.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Protocol


@dataclass(slots=True)
class Findings:
    """What holds for a template or macro, if everything that is given to it stays the same.

    Attributes:
        changing: its text or value may change.
        remembers: it makes a call that dbt remembers.
        fills: it changes an object.
        spoils: it may put a changing value into an object, or change one only now and then.
        guards_caller: a changing value decides whether its ``caller()`` is rendered.
        problem: why dbt may remember something else for other vars; None if it can't.
    """

    changing: bool = False
    remembers: bool = False
    fills: bool = False
    spoils: bool = False
    guards_caller: bool = False
    problem: str | None = None

    def add(self, other: Findings) -> None:
        """Take over what holds for ``other``."""
        for name in (field.name for field in fields(self)):
            setattr(self, name, getattr(self, name) or getattr(other, name))

    def says_no_more_than(self, other: Findings) -> bool:
        """Return whether all that holds here holds for ``other``, whatever a problem's words."""
        return not any(
            getattr(self, field.name) and not getattr(other, field.name) for field in fields(self)
        )


class Surroundings(Protocol):
    """What a template can reach: the vars that change, and macros."""

    changing: frozenset[str]
    indirect: frozenset[str]

    def macro(self, name: str, package: str | None = None) -> Findings | None:
        """Return what holds for the macros of a name, None if there is none."""

    def dispatched(self, name: str) -> Findings:
        """Return what holds for what ``adapter.dispatch(name)`` could choose."""

    def is_package(self, name: str) -> bool:
        """Return whether macros can be called as ``name.macro()``."""
