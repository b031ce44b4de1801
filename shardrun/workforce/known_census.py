"""A census that was accepted as it is, known again by its bytes: of 5,000,000 people 1.5 seconds.

Owns what an acceptance follows from: the file, the arguments, the job levels, and our own code. It
must never know a census again that the import had to change, or had a person told something about:
what is kept says nothing of anybody.
"""

from __future__ import annotations

import pickle
import shutil
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import duckdb

from shardrun.cache_file import CacheFile, code_digest, content_digest
from shardrun.workforce.census_file import replaced_when_complete
from shardrun.workforce.census_import import CensusImport, import_census

_KEPT = 32
"""Acceptances in the cache folder; of a kilobyte each."""


class _ChangedError(Exception):
    """The file is no longer what it was when it was looked at."""


def import_once(
    source: Path, destination: Path, *, job_levels: Path, **arguments: Any
) -> CensusImport:
    """Import a census, or only copy it where the same import has accepted it as it is before.

    Args:
        source: CSV or Parquet.
        destination: replaced only when the new file is complete.
        job_levels: the job_levels seed.
        arguments: all else that :func:`import_census` takes.

    Raises:
        ShardrunError: as :func:`import_census` does.
    """
    import_anew = partial(import_census, source, destination, job_levels=job_levels, **arguments)
    try:
        digest = content_digest(source)
        follows_from = digest, content_digest(job_levels), destination.suffix.lower()
    except OSError:
        return import_anew()  # which says what is wrong
    told = repr(sorted(arguments.items()))
    code = code_digest(__package__)
    acceptance = CacheFile(
        f"censuses/{digest[:32]}.pickle", (*follows_from, told, duckdb.__version__, code)
    )
    if content := acceptance.read():
        accepted: CensusImport = pickle.loads(content)  # noqa: S301
        with suppress(_ChangedError), replaced_when_complete(destination) as copied:
            shutil.copyfile(source, copied)
            if content_digest(copied) != digest:
                raise _ChangedError
            return replace(accepted, path=destination)
    imported = import_anew()
    if not imported.warnings and content_digest(destination) == digest:
        acceptance.write(pickle.dumps(replace(imported, path=Path())), newest=_KEPT)
    return imported
