"""Python's garbage collection, held off where it would only walk over what dbt has built.

Must never be held off for longer than one piece of work: what is garbage then stays until its end.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def no_collection() -> Iterator[None]:
    """Collect no garbage within: a tenth of the import of dbt, two fifths of a stage's judgment."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()
