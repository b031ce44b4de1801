"""Functions of dbt that take long to answer, and others that give the same answer sooner.

Owns the substitutes that need to know nothing but their arguments; dbt_memory has those that
remember. Each gives the answer of dbt 1.11. Shares are of the CPU time of 60,000 people and five
years, 27 seconds on the machine where they were measured. It must never change an answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

import networkx  # type: ignore[import-untyped]
from dbt import compilation
from dbt.adapters.base.impl import BaseAdapter
from dbt.adapters.base.relation import BaseRelation
from dbt.clients.jinja import MacroGenerator
from dbt.compilation import Linker
from dbt.context.configured import ConfiguredContext
from dbt.context.macros import MacroNamespace, MacroNamespaceBuilder
from dbt.context.manifest import ManifestContext
from dbt.contracts.graph.manifest import Manifest
from dbt.contracts.graph.nodes import Macro
from dbt.plugins.manager import PluginManager
from dbt_common.behavior_flags import BehaviorFlagRendered
from dbt_common.clients import agate_helper
from dbt_common.events.base_types import BaseEvent
from mashumaro.jsonschema import schema as json_schema

from shardrun.dbt_runner.substitution import Substitute

# what sqlparse and DuckDB both take for a comment
_COMMENT = r"--[^\r\n]*(?:[\r\n]|$)|/\*(?:[^*/]|\*(?!/)|/(?!\*))*\*/"
_BEGINS_WITH = re.compile(
    rf"(?:\s|{_COMMENT})*with(?:\s+recursive)?\s+(?!with\b|recursive\b)(?=[\w\"])", re.I
)
_CLOSED = re.compile(rf"'[^'\\\[\]$]*'|\"[^\"\\\[\]$]*\"|{_COMMENT}")
# where, outside of that, sqlparse might see a second statement: dbt would keep only the first
_MAY_END_A_STATEMENT = re.compile(r"[;'\"\\$`]|/\*|# |\bgo\b", re.I)

_build_namespace = MacroNamespaceBuilder.build_namespace
_build_type_tester = cache(agate_helper.build_type_tester)
_default_in_schema = json_schema._default
_default_source = cache(BehaviorFlagRendered._default_source)
_empty_table = cache(agate_helper.empty_table)
_find_cycles = Linker.find_cycles
_get_cache_schemas = BaseAdapter._get_cache_schemas
_get_event_attribute = BaseEvent.__getattr__
_get_prefixed_modules = cache(PluginManager.get_prefixed_modules)
_init_event = BaseEvent.__init__
_inject_ctes_into_sql = compilation.inject_ctes_into_sql
_manifest_context = ManifestContext.to_dict


def inject_ctes_into_sql(sql: str, ctes: Sequence[Any]) -> str:
    """Put CTEs in front of those of a statement; saves 11 %.

    dbt has sqlparse read the whole statement to find its WITH. If that is the first word, nothing
    after it matters, and sqlparse's limit of 10,000 tokens does not apply.
    """
    begins = _BEGINS_WITH.match(sql)
    if not ctes or begins is None or _MAY_END_A_STATEMENT.search(_CLOSED.sub(" ", sql)):
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
    """Return names, types and edges of the graph; dbt writes out all that its nodes hold; 4 %."""
    places = {name: place for place, name in enumerate(linker.graph)}
    summary: dict[int, dict[str, Any]] = {}
    for name, place in places.items():
        summary[place] = {"name": name, "type": str(manifest.expect(name).resource_type)}
        if successors := [places[successor] for successor in linker.graph.successors(name)]:
            summary[place]["succ"] = successors
    return summary


def build_type_tester(
    text_columns: Iterable[str], string_null_values: Iterable[str] | None = ("null", "")
) -> Any:
    """Return what agate tells column types by; it compiles a calendar's regular expressions."""
    nulls = None if string_null_values is None else tuple(string_null_values)
    return _build_type_tester(tuple(text_columns), nulls)


def manifest_context(context: ManifestContext) -> dict[str, Any]:
    """Return a context with all macros at its top; copying them one by one takes 2 %."""
    if not isinstance(context.namespace, MacroNamespace):
        own: dict[str, Any] = _manifest_context(context)
        return own
    members: dict[str, Any] = ConfiguredContext.to_dict(context)
    for namespace in reversed(list(context.namespace._search_order())):
        members.update(namespace)
    return members


def build_namespace(
    builder: MacroNamespaceBuilder, macros: Mapping[str, Mapping[str, Macro]], context: Any
) -> MacroNamespace:
    """Return all macros bound to a context: 500 a context, several contexts a node; saves 3 %."""
    for package, named in macros.items():
        bound = {name: _bound(macro, context, builder) for name, macro in named.items()}
        if package in builder.internal_package_names:
            builder.internal_packages[package] = bound
            continue
        builder.packages[package] = bound
        if package == builder.search_package:
            builder.locals.update(bound)
        elif package == builder.root_package:
            builder.globals.update(bound)
    return _build_namespace(builder, {}, context)


def get_cache_schemas(adapter: BaseAdapter, relation_configs: Iterable[Any]) -> set[BaseRelation]:
    """Return the schemas of nodes; dbt makes the relation of every node to ask it for its schema.

    It does so for each command, of the whole project; saves 0.5 %.
    """
    one_of_each = {
        (node.database, node.schema, node.config.get("catalog"), str(node.quoting_dict)): node
        for node in relation_configs
    }
    return _get_cache_schemas(adapter, one_of_each.values())


def told_event(event: BaseEvent, *arguments: Any, **told: Any) -> None:
    """Keep what an event was told; most are debug events, dropped before anybody asks."""
    event.__dict__["told"] = arguments, told


def event_attribute(event: BaseEvent, name: str) -> Any:
    """Return an attribute of an event, which becomes a message of protobuf now; saves 2 %."""
    if told := event.__dict__.pop("told", None):
        _init_event(event, *told[0], **told[1])
        return getattr(event, name)
    return _get_event_attribute(event, name)  # type: ignore[no-untyped-call]


def default_in_schema(type_: Any, value: Any, config: Any) -> Any:
    """Return a default as a JSON schema writes it; a class is written and compiled for each; 1 %.

    dbt makes the schemas of its project, profile and connection to check what it reads.
    """
    if value is None or type(value) in (bool, int, str):
        return value
    return _default_in_schema(type_, value, config)


def _bound(macro: Macro, context: Any, builder: MacroNamespaceBuilder) -> MacroGenerator:
    """Return a macro in a context, without the three constructors of its class."""
    bound = MacroGenerator.__new__(MacroGenerator)
    bound.__dict__ = {
        "context": context,
        "macro": macro,
        "node": builder.node,
        "stack": builder.thread_ctx,
    }
    return bound


SHORTCUTS: tuple[Substitute, ...] = (
    (compilation, "inject_ctes_into_sql", inject_ctes_into_sql),
    (Linker, "find_cycles", find_cycles),
    (Linker, "get_graph_summary", get_graph_summary),
    (agate_helper, "build_type_tester", build_type_tester),
    # the table that a statement without rows has as its result; it can't be changed; 1 %
    (agate_helper, "empty_table", _empty_table),
    (ManifestContext, "to_dict", manifest_context),
    (MacroNamespaceBuilder, "build_namespace", build_namespace),
    (BaseAdapter, "_get_cache_schemas", get_cache_schemas),
    (json_schema, "_default", default_in_schema),
    (BaseEvent, "__init__", told_event),
    (BaseEvent, "__getattr__", event_attribute),
    # the name of the module that makes an adapter, for which dbt walks the whole stack; 3 %
    (BehaviorFlagRendered, "_default_source", staticmethod(_default_source)),
    # dbt's plugins, for which it lists all that Python could import; 2 %
    (PluginManager, "get_prefixed_modules", staticmethod(_get_prefixed_modules)),
)
