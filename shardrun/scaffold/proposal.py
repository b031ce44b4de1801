"""A first configuration for a dbt project that has none, proposed from its manifest.

Owns the guesses, and says which they are. It must never run a model, nor write anywhere.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from shardrun.stages import WorkflowStage

_PERIOD_VAR = re.compile(r"""\bvar\(\s*['"](?P<name>\w*(?:year|month|period)\w*)['"]""", re.I)
_NOT_THE_PERIOD = re.compile(r"^(start|first|end|last)_", re.I)

Manifest = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Proposal:
    """A configuration, and what is doubtful in it.

    Attributes:
        text: the YAML.
        doubts: one line each.
    """

    text: str
    doubts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Model:
    name: str
    is_snapshot: bool
    folder: str
    parents: frozenset[str]
    variables: frozenset[str]
    tags: frozenset[str]
    materialized: str
    strategy: str | None
    unique_key: tuple[str, ...]
    columns_tested_unique: frozenset[str]
    is_tested: bool


def propose_config(manifest: Manifest, project_dir: str = ".") -> Proposal:
    """Propose a configuration.

    Args:
        manifest: dbt's ``manifest.json``.
        project_dir: as the configuration is to name it.
    """
    models = dict(_models(manifest))
    doubts: list[str] = []
    variable = _period_variable(models.values(), doubts)
    doubts += _disabled(manifest)
    canonical = _canonical(models, variable)
    stages = _by_tags(models) or _by_graph(models, variable, canonical, doubts)
    lines = [
        *_simulation(variable, doubts),
        "",
        "project:",
        f"  project_dir: {project_dir}",
        "",
        "workflow:",
        "  summary_model: null",
        "  checks_model: null",
        *_event_table(models, canonical, variable, doubts),
        "  stages:",
        *(f"    {stage}: {stages.get(stage, '{when: never}')}" for stage in WorkflowStage),
    ]
    head = ["# A proposal; look at these first:", *(f"# - {doubt}" for doubt in doubts), ""]
    return Proposal("\n".join([*(head if doubts else []), *lines, ""]), tuple(doubts))


def _models(manifest: Manifest) -> Iterator[tuple[str, _Model]]:
    """Yield the project's models, and its snapshots, which stand among them in the graph."""
    nodes = manifest["nodes"]
    project = manifest["metadata"].get("project_name")
    unique: dict[str, set[str]] = {}
    tested: set[str] = set()
    for node in nodes.values():
        test = node.get("test_metadata") or {}
        if node["resource_type"] == "test":
            tested.update(node["depends_on"]["nodes"])
        if test.get("name") == "unique" and node.get("attached_node"):
            unique.setdefault(node["attached_node"], set()).add(str(node.get("column_name")))
    for name, node in nodes.items():
        is_ours = node["package_name"] in (project, None)
        if node["resource_type"] not in ("model", "snapshot") or not is_ours:
            continue
        config = node["config"]
        key = config.get("unique_key") or ()
        path = PurePosixPath(node["original_file_path"])
        yield (
            name,
            _Model(
                name=node["name"],
                is_snapshot=node["resource_type"] == "snapshot",
                folder=str(path.parent),
                parents=frozenset(node["depends_on"]["nodes"]),
                variables=frozenset(
                    match["name"] for match in _PERIOD_VAR.finditer(node.get("raw_code") or "")
                ),
                tags=frozenset(config.get("tags") or ()),
                materialized=config.get("materialized") or "view",
                strategy=config.get("incremental_strategy"),
                unique_key=(key,) if isinstance(key, str) else tuple(key),
                columns_tested_unique=frozenset(unique.get(name, ())),
                is_tested=name in tested,
            ),
        )


def _disabled(manifest: Manifest) -> list[str]:
    """Doubt seeds that are disabled: a var may have to enable them before anything runs."""
    disabled = [node for found in (manifest.get("disabled") or {}).values() for node in found]
    seeds = sorted(node["name"] for node in disabled if node["resource_type"] == "seed")
    if not seeds:
        return []
    return [
        f"{len(seeds)} seeds are disabled, {seeds[0]} among them. If a var enables them, give it "
        "in `vars` of the stage that loads them."
    ]


def _period_variable(models: Collection[_Model], doubts: list[str]) -> str | None:
    asked = Counter(
        name for model in models for name in model.variables if not _NOT_THE_PERIOD.match(name)
    )
    if not asked:
        doubts.append(
            "No model asks for a var that is called a year, month or period: the project runs once."
        )
        return None
    ranked = sorted(asked, key=lambda name: (-asked[name], name))
    if len(ranked) > 1:
        doubts.append(
            f"The period is the var {ranked[0]}; {', '.join(ranked[1:])} might be it too."
        )
    return ranked[0]


def _canonical(models: Mapping[str, _Model], variable: str | None) -> str | None:
    """Return the model whose table shards could be united in: incremental, of the most keys.

    Among those of as many, it is the one that most others are made from: what is summed up comes
    later.
    """
    fit = [
        name
        for name, model in models.items()
        if (model.materialized, model.strategy) == ("incremental", "delete+insert")
        and variable in model.variables
    ]
    return max(
        fit,
        key=lambda name: (len(models[name].unique_key), len(_downstream(models, {name})), name),
        default=None,
    )


def _simulation(variable: str | None, doubts: list[str]) -> list[str]:
    if variable is None:
        return ["simulation:", "  period: number", "  start: 1", "  end: 1"]
    doubts.append(f"Which periods there are is not known: give the first and last {variable}.")
    if "month" in variable:
        bounds = ["  period: month", f"  variable: {variable}", "  start: 202501", "  end: 202512"]
    elif "year" in variable:
        bounds = [f"  variable: {variable}", "  start_year: 2025", "  end_year: 2029"]
    else:
        bounds = ["  period: number", f"  variable: {variable}", "  start: 1", "  end: 12"]
    return ["simulation:", *bounds]


def _by_tags(models: Mapping[str, _Model]) -> dict[WorkflowStage, str]:
    tags = {tag for model in models.values() for tag in model.tags}
    return {
        stage: f"{{command: build, tags: [{stage.name}], when: {_when(stage)}}}"
        if stage in (WorkflowStage.INITIALIZATION, WorkflowStage.VALIDATION)
        else f"{{tags: [{stage.name}], when: {_when(stage)}}}"
        for stage in WorkflowStage
        if stage.name in tags
    }


def _when(stage: WorkflowStage) -> str:
    ends = {WorkflowStage.INITIALIZATION: "first_year", WorkflowStage.REPORTING: "end"}
    return ends.get(stage, "every_year")


def _by_graph(
    models: Mapping[str, _Model],
    variable: str | None,
    canonical: str | None,
    doubts: list[str],
) -> dict[WorkflowStage, str]:
    """Share the models out: what no period reaches, what leads to the events, the rest."""
    if variable is None:
        return {WorkflowStage.FOUNDATION: '{command: build, models: ["*"]}'}
    periodic = {name for name, model in models.items() if variable in model.variables}
    reached = _downstream(models, periodic)
    static = sorted(set(models) - reached)
    first = ["resource_type:seed", *_selectors(models, static)]
    stages = {
        WorkflowStage.INITIALIZATION: "{command: build, when: first_year, "
        f"models: [{', '.join(first)}]}}"
    }
    doubts.append(
        f"{len(static)} of {len(models)} models neither ask for {variable} nor read one that does; "
        "they run in the first period alone."
    )
    if canonical is None:
        stages[WorkflowStage.FOUNDATION] = (
            f"{{command: build, models: [{', '.join(_selectors(models, sorted(reached)))}]}}"
        )
        return stages
    after = _downstream(models, {canonical}) - {canonical}
    before = sorted(reached - after - {canonical})
    for stage, names in (
        (WorkflowStage.FOUNDATION, before),
        (WorkflowStage.EVENT_GENERATION, [canonical]),
        (WorkflowStage.STATE_ACCUMULATION, sorted(after)),
    ):
        if names:
            # `dbt run` takes no snapshots, and `build` would take the tests of VALIDATION too
            has_snapshots = any(models[name].is_snapshot for name in names)
            build = "command: build, indirect_selection: empty, " if has_snapshots else ""
            stages[stage] = f"{{{build}models: [{', '.join(_selectors(models, names))}]}}"
    tested = sorted(name for name in reached if models[name].is_tested)
    if tested:
        stages[WorkflowStage.VALIDATION] = (
            f"{{command: test, models: [{', '.join(_selectors(models, tested))}]}}"
        )
    return stages


def _downstream(models: Mapping[str, _Model], names: Collection[str]) -> set[str]:
    found = set(names)
    while more := {n for n, model in models.items() if n not in found and model.parents & found}:
        found |= more
    return found


def _selectors(models: Mapping[str, _Model], names: Sequence[str]) -> list[str]:
    """Return a folder where all of its models are meant, names else."""
    chosen: dict[str, None] = {}
    for name in names:
        folder = models[name].folder
        mates = {other for other, model in models.items() if model.folder == folder}
        inner = any(m.folder.startswith(f"{folder}/") for m in models.values())
        whole = mates <= set(names) and not inner
        chosen[f"path:{folder}" if whole else models[name].name] = None
    return list(chosen)


def _event_table(
    models: Mapping[str, _Model], canonical: str | None, variable: str | None, doubts: list[str]
) -> list[str]:
    if canonical is None:
        doubts.append(
            "No shards: there is no incremental model with incremental_strategy delete+insert that "
            "asks for the period. A table can be made in shards as well: name it, its key and the "
            "stage of its own in workflow.event_table."
        )
        return []
    model = models[canonical]
    keys = [name for name in model.unique_key if name != variable]
    known = sorted(column for each in models.values() for column in each.columns_tested_unique)
    shard_key = next(iter(keys), None) or next(iter(known), None)
    if shard_key is None:
        doubts.append(f"No shards: {model.name} has no unique_key that names an entity.")
        return []
    unique = [str(variable), *(keys or [shard_key])]
    doubts.append(
        f"Shards are made by {shard_key} and united in {model.name}, whose rows are taken to be "
        f"unique by {', '.join(unique)}; `shardrun check` tells whether its SQL may be split."
    )
    return [
        "  event_table:",
        f"    model: {model.name}",
        f"    shard_key: {shard_key}",
        f"    unique_key: [{', '.join(unique)}]",
    ]
