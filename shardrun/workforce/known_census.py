"""A census that was accepted as it is, known again by its bytes: of 5,000,000 people 1.5 seconds.

Owns what an acceptance follows from: the file, the arguments, the job levels, and our own code. It
must never know a census again that the import had to change, or had a person told something about:
what is kept says nothing of anybody.
"""

from __future__ import annotations

import hashlib
import pickle
import shutil
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import duckdb

from shardrun.cache_file import CacheFile
from shardrun.workforce.census_file import replaced_when_complete
from shardrun.workforce.census_import import CensusImport

_KEPT = 32
"""Acceptances in the cache folder; of a kilobyte each."""


class _ChangedError(Exception):
    """The file is no longer what it was when it was looked at."""


def import_once(
    source: Path,
    destination: Path,
    job_levels: Path,
    arguments: Mapping[str, Any],
    import_anew: Callable[[], CensusImport],
) -> CensusImport:
    """Import a census, or only copy it where the same import has accepted it as it is before.

    Args:
        source: CSV or Parquet.
        destination: replaced only when the new file is complete.
        job_levels: the job_levels seed.
        arguments: all else that the import is given.
        import_anew: imports ``source`` to ``destination``.

    Raises:
        CensusError: as ``import_anew`` does.
        InputError: if the destination can't be written.
    """
    try:
        digest = _digest(source)
        follows_from = digest, _digest(job_levels), destination.suffix.lower()
    except OSError:
        return import_anew()  # which says what is wrong
    told = repr(sorted(arguments.items()))
    acceptance = CacheFile(
        f"censuses/{digest[:32]}.pickle", (*follows_from, told, duckdb.__version__, _own_code())
    )
    if content := acceptance.read():
        accepted: CensusImport = pickle.loads(content)  # noqa: S301
        with suppress(_ChangedError), replaced_when_complete(destination) as partial:
            shutil.copyfile(source, partial)
            if _digest(partial) != digest:
                raise _ChangedError
            return replace(accepted, path=destination)
    imported = import_anew()
    if not imported.warnings and _digest(destination) == digest:
        acceptance.write(pickle.dumps(replace(imported, path=Path())))
        acceptance.keep_newest(_KEPT)
    return imported


def _digest(file: Path) -> str:
    if not file.is_file():
        raise OSError(f"{file} is no file")  # to open a pipe would wait for somebody to write to it
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


@cache
def _own_code() -> str:
    """Return a digest of all that decides what a census must be like."""
    code = hashlib.sha256()
    for module in sorted(files(__package__).iterdir(), key=lambda module: module.name):
        if module.is_file():
            code.update(module.read_bytes())
    return code.hexdigest()
