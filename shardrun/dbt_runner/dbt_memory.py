"""What dbt works out anew for every command, and a resident dbt need not: done once, remembered.

Owns the functions of dbt that are replaced while dbt runs in this process. Each substitute gives
the answer that dbt 1.11 would give, only sooner. It must never change an answer, nor remember one
that a changed file, variable or environment could change.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from types import CodeType
from typing import Any
from unittest.mock import patch

import dbt_common.clients.jinja as dbt_jinja
import networkx  # type: ignore[import-untyped]
from dbt import compilation
from dbt.cli import requires
from dbt.compilation import Linker
from dbt.config.profile import Profile
from dbt.config.project import Project
from dbt.config.runtime import RuntimeConfig, load_profile, load_project
from dbt.contracts.graph.manifest import Manifest
from dbt.plugins.manager import PluginManager
from dbt_common.behavior_flags import BehaviorFlagRendered
from dbt_common.clients.jinja import MacroFuzzEnvironment

# A statement whose first word, after comments that sqlparse and DuckDB both know, is WITH.
_BEGINS_WITH = re.compile(
    r"(?:\s|--[^\r\n]*[\r\n]|/\*(?:[^*/]|\*(?!/)|/(?!\*))*\*/)*"
    r"with(?:\s+recursive)?\s+(?!with\b|recursive\b)(?=[\w\"])",
    re.I,
)
# where sqlparse might see a second statement, and dbt would keep only the first
_MAY_END_A_STATEMENT = re.compile(r";|\bgo\b", re.I)

_compile = MacroFuzzEnvironment.compile
_default_source = cache(BehaviorFlagRendered._default_source)
_find_cycles = Linker.find_cycles
_get_prefixed_modules = cache(PluginManager.get_prefixed_modules)
_inject_ctes_into_sql = compilation.inject_ctes_into_sql
_load_dependencies = RuntimeConfig.load_dependencies


class DbtMemory:
    """What dbt has read and compiled for one project."""

    def __init__(self, *folders: Path) -> None:
        """Remember nothing yet.

        Args:
            folders: those of the project's and the profile's own YAML files.
        """
        self._folders = set(folders)
        self._profiles: dict[str, Profile] = {}
        self._projects: dict[str, Project] = {}
        self._packages: dict[str, dict[str, RuntimeConfig]] = {}
        self._templates: dict[tuple[type, str], CodeType] = {}

    @contextmanager
    def at_hand(self) -> Iterator[None]:
        """Let dbt use what is remembered."""
        memory = self

        def load_dependencies(
            config: RuntimeConfig, base_only: bool = False
        ) -> Mapping[str, RuntimeConfig]:
            return memory._load_dependencies(config, base_only)

        def compile_template(environment: Any, source: Any, *how: Any, **named: Any) -> Any:
            return memory._compile(environment, source, *how, **named)

        substitutes: list[tuple[Any, str, Callable[..., Any]]] = [
            (requires, "load_profile", self._load_profile),
            (requires, "load_project", self._load_project),
            (RuntimeConfig, "load_dependencies", load_dependencies),
            (MacroFuzzEnvironment, "compile", compile_template),
            (PluginManager, "get_prefixed_modules", staticmethod(_get_prefixed_modules)),
            (BehaviorFlagRendered, "_default_source", staticmethod(_default_source)),
            (Linker, "find_cycles", find_cycles),
            (Linker, "get_graph_summary", get_graph_summary),
            (compilation, "inject_ctes_into_sql", inject_ctes_into_sql),
        ]
        with ExitStack() as replaced:
            for owner, name, substitute in substitutes:
                replaced.enter_context(patch.object(owner, name, substitute))
            yield

    def _load_profile(self, *arguments: Any) -> Profile:
        key = self._key(*arguments)
        if key not in self._profiles:
            self._profiles[key] = load_profile(*arguments)
        return self._profiles[key]

    def _load_project(
        self, root: str, version_check: bool, profile: Profile, *more: Any, **named: Any
    ) -> Project:
        key = self._key(root, version_check, profile.to_target_dict(), *more, named)
        if key not in self._projects:
            self._projects[key] = load_project(root, version_check, profile, *more, **named)
        return self._projects[key]

    def _load_dependencies(
        self, config: RuntimeConfig, base_only: bool
    ) -> Mapping[str, RuntimeConfig]:
        """Return the project and its packages, which dbt reads without the command's vars."""
        if config.dependencies is not None or base_only:
            return _load_dependencies(config, base_only)
        files = (folder / "dbt_project.yml" for folder in config._get_project_directories())
        key = self._key(config.to_target_dict(), _stamps(files))
        if key in self._packages:
            config.dependencies = {config.project_name: config, **self._packages[key]}
        else:
            loaded = dict(_load_dependencies(config))
            self._packages[key] = {
                n: package for n, package in loaded.items() if package is not config
            }
        return _load_dependencies(config)

    def _compile(self, environment: Any, source: Any, *how: Any, **named: Any) -> Any:
        """Compile a template; the undefined values that environments differ by are not in it."""
        if how or named or not isinstance(source, str) or dbt_jinja.MACRO_DEBUGGING:
            return _compile(environment, source, *how, **named)
        key = type(environment), source
        if key not in self._templates:
            self._templates[key] = _compile(environment, source)
        return self._templates[key]

    def _key(self, *arguments: Any) -> str:
        files = (file for folder in self._folders for file in folder.glob("*.yml"))
        return json.dumps([arguments, _stamps(files), dict(os.environ)], default=repr)


def inject_ctes_into_sql(sql: str, ctes: Sequence[Any]) -> str:
    """Put CTEs in front of those of a statement.

    dbt has sqlparse read the whole statement to find its WITH, a fifth of its time. If that is the
    first word, nothing after it matters, and sqlparse's limit of 10,000 tokens does not apply.
    """
    begins = _BEGINS_WITH.match(sql)
    if not ctes or begins is None or _MAY_END_A_STATEMENT.search(sql):
        return str(_inject_ctes_into_sql(sql, list(ctes)))
    injected = ", ".join(cte.sql for cte in ctes)
    return f"{sql[: begins.end()]}{injected}, {sql[begins.end() :]}"


def find_cycles(linker: Linker) -> str | None:
    """Return a cycle of the graph; to look for one takes longer than to see that there is none."""
    if networkx.is_directed_acyclic_graph(linker.graph):
        return None
    cycle: str | None = _find_cycles(linker)  # type: ignore[no-untyped-call]
    return cycle


def get_graph_summary(linker: Linker, manifest: Manifest) -> dict[int, dict[str, Any]]:
    """Return names, types and edges of the graph, without all else that the nodes hold."""
    places = {name: place for place, name in enumerate(linker.graph)}
    summary: dict[int, dict[str, Any]] = {}
    for name, place in places.items():
        summary[place] = {"name": name, "type": str(manifest.expect(name).resource_type)}
        if successors := [places[successor] for successor in linker.graph.successors(name)]:
            summary[place]["succ"] = successors
    return summary


def _stamps(files: Iterator[Path]) -> list[tuple[str, int, int]]:
    found = ((file, file.stat()) for file in sorted(files) if file.exists())
    return [(str(file), stat.st_mtime_ns, stat.st_size) for file, stat in found]
