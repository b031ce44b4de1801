"""What dbt reads and compiles anew for every command, and a resident dbt need not.

Owns what is remembered of one project between commands. It must never remember anything that
changed files, variables or environment could change.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from pathlib import Path
from typing import Any, TypeVar

import dbt_common.clients.jinja as dbt_jinja
from dbt.cli import requires
from dbt.config.profile import Profile
from dbt.config.project import Project
from dbt.config.runtime import RuntimeConfig, load_profile, load_project
from dbt.context import providers
from dbt.utils import args_to_dict
from dbt_common.clients.jinja import MacroFuzzEnvironment

from shardrun.dbt_runner.dbt_cache import dbt_cache_file
from shardrun.dbt_runner.dbt_shortcuts import SHORTCUTS
from shardrun.dbt_runner.kept_bytecode import KeptBytecode
from shardrun.dbt_runner.substitution import Substitute, substituted

_T = TypeVar("_T")

_ASKS_FOR_A_VAR = re.compile(r"\bvar\b")

_compile = MacroFuzzEnvironment.compile
_from_parts = RuntimeConfig.from_parts
_parse = MacroFuzzEnvironment.parse
_load_dependencies = RuntimeConfig.load_dependencies


class DbtMemory:
    """What dbt has read and compiled for one project; a tenth of a run's CPU time."""

    def __init__(self, folders: Iterable[Path]) -> None:
        """Remember nothing yet.

        Args:
            folders: those that hold the YAML files of the project and of its profile.
        """
        self._folders = tuple(dict.fromkeys(folders))
        self._remembered: dict[str, Any] = {}
        self._configs: dict[tuple[int, int], tuple[Project, Profile, RuntimeConfig]] = {}
        # 0.5 of 12 seconds: most templates are dbt's own macros
        self._templates = KeptBytecode(dbt_cache_file("templates.marshal"))

    @contextmanager
    def at_hand(self) -> Iterator[None]:
        """Let dbt use what is remembered."""
        memory = self

        def from_parts(_: type, *parts: Any, **named: Any) -> RuntimeConfig:
            return memory._from_parts(*parts, **named)

        def load_dependencies(
            config: RuntimeConfig, base_only: bool = False
        ) -> Mapping[str, RuntimeConfig]:
            return memory._load_dependencies(config, base_only)

        def compile_template(environment: Any, source: Any, *how: Any, **named: Any) -> Any:
            return memory._compile(environment, source, *how, **named)

        told: dict[int, tuple[Any, dict[str, Any]]] = {}

        def told_arguments(args: Any) -> dict[str, Any]:
            if id(args) not in told:
                told[id(args)] = args, args_to_dict(args)  # type: ignore[no-untyped-call]
            return dict(told[id(args)][1])

        trees: dict[tuple[type, Any], Any] = {}

        def parse_template(environment: Any, source: Any) -> Any:
            key = type(environment), source
            if key not in trees:
                trees[key] = _parse(environment, source)
            return trees[key]

        substitutes: tuple[Substitute, ...] = (
            (requires, "load_profile", self._load_profile),
            (requires, "load_project", self._load_project),
            (RuntimeConfig, "from_parts", classmethod(from_parts)),
            (RuntimeConfig, "load_dependencies", load_dependencies),
            (MacroFuzzEnvironment, "compile", compile_template),
            # dbt parses each macro twice, to find it and to find what it calls; a fifteenth of it
            (MacroFuzzEnvironment, "parse", parse_template),
            # a command's arguments and flags, which it never changes, for each context; 1 %
            (providers, "args_to_dict", told_arguments),
        )
        with substituted((*SHORTCUTS, *substitutes)):
            yield
        self._templates.keep()

    def asked_for(self, variables: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the vars that the YAML files can ask for: all, or none."""
        asks = any(map(_ASKS_FOR_A_VAR.search, self._texts().values()))
        return variables if asks else {}

    def once(self, load: Callable[[], _T], *follows_from: Any) -> _T:
        """Return what was loaded from the same arguments, files and environment.

        Args:
            load: loads it, from the YAML files of the project and its profile among others.
            follows_from: all else that it follows from.
        """
        key = json.dumps([follows_from, self._texts(), dict(os.environ)], default=repr)
        if key not in self._remembered:
            self._remembered[key] = load()
        loaded: _T = self._remembered[key]
        return loaded

    def _load_profile(self, root: str, variables: Mapping[str, Any], *more: Any) -> Profile:
        return self.once(
            lambda: load_profile(root, dict(variables), *more),
            *("profile", root, self.asked_for(variables), more),
        )

    def _load_project(
        self,
        root: str,
        version_check: bool,
        profile: Profile,
        variables: Mapping[str, Any],
        **more: Any,
    ) -> Project:
        return self.once(
            lambda: load_project(root, version_check, profile, dict(variables), **more),
            *("project", root, version_check, profile.to_target_dict(), more),
            self.asked_for(variables),
        )

    def _from_parts(
        self, project: Project, profile: Profile, args: Any, dependencies: Any = None
    ) -> RuntimeConfig:
        """Return the configuration of a command, whose project and profile dbt checks once."""
        key = id(project), id(profile)
        if key not in self._configs:
            config = _from_parts(project, profile, args, dependencies)
            self._configs[key] = project, profile, config
            return copy(config)
        config = copy(self._configs[key][2])
        config.args = args
        config.cli_vars = getattr(args, "vars", {})
        config.log_cache_events = getattr(args, "log_cache_events", profile.log_cache_events)
        config.dependencies = dependencies
        return config

    def _load_dependencies(
        self, config: RuntimeConfig, base_only: bool
    ) -> Mapping[str, RuntimeConfig]:
        """Return the project and its packages, which dbt reads without the command's vars."""
        if config.dependencies is None and not base_only:
            files = (folder / "dbt_project.yml" for folder in config._get_project_directories())
            packages = self.once(
                lambda: _packages(config),
                *("packages", config.to_target_dict(), _texts(files)),
            )
            config.dependencies = {**packages, config.project_name: config}
        return _load_dependencies(config, base_only)

    def _compile(self, environment: Any, source: Any, *how: Any, **named: Any) -> Any:
        """Compile a template; what environments of one class differ by is not compiled into it."""
        if how or named or not isinstance(source, str) or dbt_jinja.MACRO_DEBUGGING:
            return _compile(environment, source, *how, **named)
        kind = type(environment)
        return self._templates.code(
            f"{kind.__module__}.{kind.__qualname__}\n{source}",
            lambda: _compile(environment, source),
        )

    def _texts(self) -> dict[str, str]:
        return _texts(file for folder in self._folders for file in folder.glob("*.yml"))


def _packages(config: RuntimeConfig) -> dict[str, RuntimeConfig]:
    loaded = _load_dependencies(config)
    return {name: package for name, package in loaded.items() if package is not config}


def _texts(files: Iterable[Path]) -> dict[str, str]:
    return {str(file): file.read_text("latin-1") for file in sorted(files) if file.is_file()}
