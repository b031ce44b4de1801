"""The texts of a dbt project that dbt renders while it parses, as a parsed manifest shows them.

Owns where in dbt's manifest and in which files they stand. It must never judge them: manifest_reuse
does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any

from dbt.clients.yaml_helper import load_yaml_text
from dbt.contracts.files import FilePath, SchemaSourceFile
from dbt.contracts.graph.manifest import Manifest
from dbt.contracts.graph.nodes import GenericTestNode

from shardrun.dbt_runner.jinja_dependence import MacroSource
from shardrun.dbt_runner.manifest_reuse import (
    GenericTest,
    ProjectTexts,
    Text,
    indirect_vars,
    jinja_strings,
    project_values,
    rendered_arguments,
    schema_values,
)


def read_project_texts(manifest: Manifest, project_dir: Path, profiles_dir: Path) -> ProjectTexts:
    """Return all that dbt renders while it parses the project that ``manifest`` came from."""
    files = manifest.files.values()
    roots = {Path(file.path.project_root) for file in files if isinstance(file.path, FilePath)}
    projects = {
        file: _read_yaml(file)
        for file in sorted(root / "dbt_project.yml" for root in roots | {project_dir})
    }
    profiles = profiles_dir / "profiles.yml"
    nodes = [
        *manifest.nodes.values(),
        *manifest.functions.values(),
        *chain.from_iterable(manifest.disabled.values()),
    ]
    return ProjectTexts(
        templates=tuple(dict.fromkeys(chain.from_iterable(map(_templates, nodes)))),
        tests=tuple(
            GenericTest(
                Text(node.original_file_path, node.raw_code),
                rendered_arguments(node.test_metadata.kwargs),
            )
            for node in nodes
            if isinstance(node, GenericTestNode)
        ),
        values=(
            *_values(profiles, jinja_strings(_read_yaml(profiles))),
            *chain.from_iterable(
                _values(file, project_values(document)) for file, document in projects.items()
            ),
            *chain.from_iterable(
                _values(file.path.original_file_path, schema_values(file.dict_from_yaml))
                for file in files
                if isinstance(file, SchemaSourceFile)
            ),
        ),
        macros=tuple(
            MacroSource(macro.name, macro.package_name, macro.macro_sql)
            for macro in manifest.macros.values()
        ),
        indirect_vars=frozenset(
            name for document in projects.values() for name in indirect_vars(document.get("vars"))
        ),
    )


def _templates(node: Any) -> Iterator[Text]:
    """Yield the SQL of a node and its hooks; dbt finds nothing but literals in Python models."""
    if getattr(node, "language", None) == "sql" and not isinstance(node, GenericTestNode):
        yield Text(node.original_file_path, node.raw_code)
    for hooks in ("pre_hook", "post_hook"):
        for hook in getattr(node.config, hooks, ()):
            yield Text(node.original_file_path, hook.sql)


def _values(file: Path | str, values: Iterable[str]) -> Iterator[Text]:
    return (Text(str(file), value) for value in values)


def _read_yaml(file: Path) -> Mapping[str, Any]:
    return load_yaml_text(file.read_text(encoding="utf-8")) or {} if file.is_file() else {}
