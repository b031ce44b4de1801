"""The manifest of the last parse, kept in the project's own target folder for the next run.

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
import re
import shutil
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from dbt.contracts.graph.manifest import Manifest

from shardrun.version import __version__
from shardrun.whole_file import replaced_when_whole

_logger = logging.getLogger(__name__)
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
        self._file = project_dir / "target" / "shardrun" / "manifest.msgpack"
        self._described = self._file.with_suffix(".json")
        self._identity = _identity(project_dir, connection)

    def load(self) -> tuple[Manifest, dict[str, Any]] | None:
        """Return the kept manifest and the vars it was parsed with, if they are of this project."""
        if self._identity is None or not (self._file.is_file() and self._described.is_file()):
            return None
        header, _, content = self._file.read_bytes().partition(b"\n")
        kept = _header(header)
        if kept.get("identity") != self._identity or kept.get("content") != _digest(content):
            return None
        return Manifest.from_msgpack(content), kept["variables"]

    def describe(self, target: Path) -> None:
        """Put the JSON that dbt wrote of the kept manifest where dbt itself would have."""
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(self._described, target)

    def keep(self, manifest: Manifest, variables: Mapping[str, Any], described: Path) -> None:
        """Keep a manifest.

        Args:
            manifest: as dbt parsed it.
            variables: the vars it was parsed with.
            described: the JSON that dbt wrote of it.
        """
        if self._identity is None:
            return
        content = manifest.to_msgpack()
        header = {
            "identity": self._identity,
            "content": _digest(content),
            "variables": dict(variables),
        }
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            with replaced_when_whole(self._described) as partial:
                shutil.copyfile(described, partial)
            with replaced_when_whole(self._file) as partial:
                partial.write_bytes(json.dumps(header).encode() + b"\n" + content)
        except OSError as error:
            _logger.debug("the manifest can't be kept for the next run: %s", error)


def _identity(project_dir: Path, connection: Mapping[str, str]) -> str | None:
    """Digest all that a manifest follows from but vars; None if that is not known."""
    digest = hashlib.sha256()
    versions = [__version__, version("dbt-core"), version("dbt-duckdb")]
    digest.update(json.dumps([versions, dict(connection)], sort_keys=True).encode())
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


def _header(line: bytes) -> dict[str, Any]:
    try:
        header = json.loads(line)
    except ValueError:
        return {}
    return header if isinstance(header, dict) else {}


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
