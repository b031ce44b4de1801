"""Compiles the models of a stage for many sets of vars, after one `dbt compile` has paved the way.

`dbt compile` takes 0.3 s on the bundled project's events, most of it for graph and selection; what
differs between shards is the SQL of two models, 0.01 s each. So the command runs once, and its own
compiler renders the rest with other vars on the adapter, whose cache of relations it leaves behind.
It must never write a file, nor decide which models belong to the stage.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from dbt.adapters.factory import get_adapter_by_type
from dbt.artifacts.resources.types import NodeType
from dbt.compilation import Compiler
from dbt.contracts.graph.manifest import Manifest

from shardrun.dbt_runner.compiled import CompiledStage, RelationName, StageNode

_RELATIONS = frozenset({NodeType.Model, NodeType.Seed, NodeType.Snapshot, NodeType.Source})
_RUN_HOOKS = frozenset({"on-run-start", "on-run-end"})


def compile_stage(
    manifest: Manifest,
    selected: Sequence[str],
    variants: Sequence[Mapping[str, Any]],
    is_affected: Callable[[str], bool],
) -> CompiledStage:
    """Compile models for several sets of vars.

    Args:
        manifest: as parsed, on which the last command of this process ran.
        selected: unique_ids of the stage's models.
        variants: the vars of each set; those of the last command hold beside them.
        is_affected: whether the vars of a variant may change the SQL of a text.
    """
    ordered = list(dict.fromkeys(_with_inlined(manifest, sorted(selected))))
    inputs: dict[str, bool] = {}
    for name, is_behind_view in _inputs(manifest, ordered, frozenset(ordered)):
        inputs[name] = inputs.get(name, False) or is_behind_view
    relations = {name: _relation_name(_node(manifest, name)) for name in inputs}
    return CompiledStage(
        nodes=tuple(_stage_node(manifest.nodes[name]) for name in ordered),
        inputs=tuple(relations.values()),
        behind_views=frozenset(relations[name] for name, behind in inputs.items() if behind),
        built=frozenset(selected),
        sql=tuple(_render(manifest, ordered, variants, is_affected)),
        run_hooks=tuple(sorted(_run_hooks(manifest))),
    )


def _render(
    manifest: Manifest,
    names: Sequence[str],
    variants: Sequence[Mapping[str, Any]],
    is_affected: Callable[[str], bool],
) -> Iterator[Mapping[str, str]]:
    adapter = get_adapter_by_type("duckdb")  # type: ignore[no-untyped-call]
    config = adapter.config
    compiler = Compiler(config)
    affected = {name for name in names if is_affected(manifest.nodes[name].raw_code)}
    as_parsed = pickle.dumps({name: manifest.nodes[name] for name in names})
    common = config.cli_vars
    rendered: dict[str, str] = {}
    with adapter.connection_named("shards"):
        for variables in variants:
            config.cli_vars = {**common, **variables}
            for name, node in pickle.loads(as_parsed).items():  # noqa: S301
                if name in affected or name not in rendered:
                    compiled = compiler.compile_node(node, manifest, {}, write=False)
                    rendered[name] = compiled.compiled_code or ""
            yield dict(rendered)
    config.cli_vars = common


def _with_inlined(manifest: Manifest, names: Sequence[str]) -> Iterator[str]:
    """Yield models and the ephemeral models that they read, each after those that it reads."""
    pending = set(names)

    def visit(name: str) -> Iterator[str]:
        pending.discard(name)
        for parent in manifest.nodes[name].depends_on_nodes:
            node = manifest.nodes.get(parent)
            if node is not None and (node.is_ephemeral_model or parent in names):
                yield from visit(parent)
        yield name

    while pending:
        yield from visit(min(pending))


def _inputs(
    manifest: Manifest, names: Sequence[str], stage: frozenset[str], *, behind_view: bool = False
) -> Iterator[tuple[str, bool]]:
    """Yield what models read that is not among them; before a view, what the view reads.

    Yields:
        the unique_id, and whether it is read through a view.
    """
    for name in names:
        for parent in _node(manifest, name).depends_on_nodes:
            node = _node(manifest, parent)
            if parent in stage or node.resource_type not in _RELATIONS:
                continue
            if node.resource_type == NodeType.Model and node.config.materialized != "table":
                is_inlined = node.is_ephemeral_model
                if is_inlined or node.config.materialized == "view":
                    behind = behind_view or not is_inlined
                    yield from _inputs(manifest, [parent], stage, behind_view=behind)
                if is_inlined:
                    continue
            yield parent, behind_view


def _run_hooks(manifest: Manifest) -> set[str]:
    return {
        f"{kind} of {node.package_name}"
        for node in manifest.nodes.values()
        if node.resource_type == NodeType.Operation
        for kind in node.tags
        if kind in _RUN_HOOKS
    }


def _node(manifest: Manifest, name: str) -> Any:
    return manifest.sources[name] if name in manifest.sources else manifest.nodes[name]


def _relation_name(node: Any) -> RelationName:
    identifier = node.identifier if node.resource_type == NodeType.Source else node.alias
    return RelationName(node.database, node.schema, identifier)


def _stage_node(node: Any) -> StageNode:
    config = node.config
    return StageNode(
        unique_id=node.unique_id,
        name=node.name,
        path=Path(node.original_file_path),
        relation=_relation_name(node),
        materialized=config.materialized,
        incremental_strategy=config.incremental_strategy,
        language=str(node.language),
        has_pre_hooks=bool(config.pre_hook),
        has_post_hooks=bool(config.post_hook),
        contract_enforced=config.contract.enforced,
        uses_is_incremental="is_incremental" in node.raw_code
        or "macro.dbt.is_incremental" in node.depends_on.macros,
    )
