"""The manifest of a project's last parse, kept for the next run.

Parsing is half of what a run of small tables waits for before its first step. A kept manifest is
used only for a project, dbt and connection that are what they were, and never for a project that
asks for something that can differ between two parses of the same files. Vars are not judged here:
manifest_reuse does that, with the vars that are kept beside the manifest.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import pickle
import re
from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from dbt.contracts.graph.manifest import Manifest

from shardrun.cache_file import CacheFile
from shardrun.dbt_runner.dbt_cache import dbt_cache_file
from shardrun.version import __version__

_logger = logging.getLogger(__name__)
_FOLDER = "manifests"
_PROJECTS_KEPT = 16  # three megabytes each
_WRITTEN_BY_DBT = frozenset({"logs", "target"})
_RENDERED = frozenset({".md", ".sql", ".yaml", ".yml"})
# what a file may ask for that its bytes, dbt's version and the connection's names don't decide
_ASKS_FOR_MORE = re.compile(
    r"env_var|run_started_at|invocation_id|invocation_args_dict|dbt_metadata_envs|\bmodules\."
    r"|\btarget\s*\[|\btarget\.(?!(?:database|name|schema|type)\b)[a-z_]"
)


class ManifestCache:
    """One kept manifest of one project."""

    def __init__(self, project_dir: Path, connection: Mapping[str, str]) -> None:
        """Look at the project's files.

        Args:
            project_dir: the folder of dbt_project.yml.
            connection: what dbt's target is called and where in a database it writes.
        """
        self._file: CacheFile | None = None
        if identity := _identity(project_dir, connection):
            place = hashlib.sha256(str(project_dir.resolve()).encode()).hexdigest()[:16]
            self._file = dbt_cache_file(f"{_FOLDER}/{place}.pickle", identity)
        self._described = b""

    def load(self) -> tuple[Manifest, dict[str, Any]] | None:
        """Return the kept manifest and the vars it was parsed with, if they are of this project."""
        if self._file is None or (content := self._file.read()) is None:
            return None
        # dbt's own msgpack takes 0.2 s, since mashumaro has to write what reads it
        self._described, parts, variables = pickle.loads(content)  # noqa: S301
        return Manifest(**parts), variables

    def describe(self, target: Path) -> None:
        """Put the JSON that dbt wrote of the loaded manifest where dbt itself would have."""
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(self._described)

    def keep(self, manifest: Manifest, variables: Mapping[str, Any], described: Path) -> None:
        """Keep a manifest.

        Args:
            manifest: as dbt parsed it.
            variables: the vars it was parsed with.
            described: the JSON that dbt wrote of it.
        """
        if self._file is None:
            return
        # not the manifest itself: dbt 1.11 has one lookup of it unpickled in the place of another
        names = (field.name for field in fields(manifest) if not field.name.startswith("_"))
        parts = {name: getattr(manifest, name) for name in names}
        content = pickle.dumps((described.read_bytes(), parts, dict(variables)))
        self._file.write(content, newest=_PROJECTS_KEPT)


def _identity(project_dir: Path, connection: Mapping[str, str]) -> str | None:
    """Digest all that a manifest follows from but vars; None if that is not known."""
    digest = hashlib.sha256()
    digest.update(json.dumps([__version__, dict(connection)], sort_keys=True).encode())
    for file in _files(project_dir):
        content = file.read_bytes()
        if file.suffix in _RENDERED and (asked := _ASKS_FOR_MORE.search(content.decode("latin-1"))):
            _logger.debug("%s asks for %s, so its manifest is not kept", file, asked[0])
            return None
        digest.update(f"{file}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def _files(project_dir: Path) -> Iterator[Path]:
    """Yield the files of the project and of its installed packages, behind links too."""
    seen: set[str] = set()
    for folder, folders, files in os.walk(project_dir, followlinks=True):
        if (place := os.path.realpath(folder)) in seen:
            folders.clear()  # a package that links to a folder above itself
            continue
        seen.add(place)
        folders[:] = sorted(name for name in folders if name not in _WRITTEN_BY_DBT)
        for name in sorted(files):
            if name != "profiles.yml":  # its part is in the connection
                yield Path(folder, name)
