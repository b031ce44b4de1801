"""Python's garbage collection, held off where it would only walk over what dbt has built.

Must never be held off for longer than one piece of work: what is garbage then stays until its end.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_ALLOCATIONS = 100_000
"""Objects made, and not freed by counting, before Python looks for garbage; its own is 700."""


@contextmanager
def rare_collection() -> Iterator[None]:
    """Collect seldom within, and not what is there already: 6 % of a run of 60,000 people."""
    threshold, *older = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(max(threshold, _ALLOCATIONS), *older)
    try:
        yield
    finally:
        gc.set_threshold(threshold, *older)
        gc.unfreeze()  # else DuckDB's bindings report leaks to stderr when Python ends


@contextmanager
def no_collection(*, lasting: bool = False) -> Iterator[None]:
    """Collect no garbage within: a fifth of the import of dbt, two fifths of a stage's judgment.

    Args:
        lasting: whether what is made within stays: then it counts as old at once, and the first
            collection after it does not walk over it in vain.
    """
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if lasting:
            gc.freeze()
            gc.unfreeze()  # into the oldest generation
        if collects:
            gc.enable()
