"""Attributes of dbt's modules and classes replaced for a while, and put back as they were.

It must never know what stands in for what.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

Substitute = tuple[Any, str, Any]
"""A module or class, the name of an attribute of it, and what stands in for that."""

_INHERITED = object()


@contextmanager
def substituted(substitutes: Iterable[Substitute]) -> Iterator[None]:
    """Let attributes be others within."""
    with ExitStack() as replaced:
        for owner, name, substitute in substitutes:
            replaced.enter_context(_replaced(owner, name, substitute))
        yield


@contextmanager
def _replaced(owner: Any, name: str, substitute: Any) -> Iterator[None]:
    # getattr would unwrap a class method, and hide that an attribute is a base class's own
    before = vars(owner).get(name, _INHERITED)
    setattr(owner, name, substitute)
    try:
        yield
    finally:
        if before is _INHERITED:
            delattr(owner, name)
        else:
            setattr(owner, name, before)
