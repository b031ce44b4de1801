"""What ``shardrun check`` shows: a page for a person, and a document for a script."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from shardrun.console.diff import diff_document, diff_view
from shardrun.console.documents import Document
from shardrun.diff.databases import DatabaseDiff
from shardrun.runs.project_check import ProjectCheck


def check_view(found: ProjectCheck, difference: DatabaseDiff | None) -> RenderableType:
    """Show what a check found, and how the two paths compare if both were run."""
    parts: list[RenderableType] = [Text("config, inputs and project are sound", style="green")]
    if found.table is None:
        parts.append(Text("no shards: the config names no workflow.event_table"))
    elif found.violations:
        parts.append(
            Text("the events can't be generated in shards without changing them:", style="red")
        )
        parts += [Text(f"  {violation}") for violation in found.violations]
    else:
        inputs = Table.grid(padding=(0, 2))
        inputs.add_row("  each shard reads its own rows of", _listed(found.narrowed_inputs))
        inputs.add_row("  each shard reads all rows of", _listed(found.broadcast_inputs))
        parts += [
            Text(f"{found.table.model} may be made in shards by {found.table.shard_key}", "green"),
            inputs,
        ]
    if difference is not None:
        parts.append(diff_view(difference))
    return Group(*parts)


def check_document(found: ProjectCheck, difference: DatabaseDiff | None) -> Document:
    """Return the same as a document."""
    return {
        "success": not found.violations and (difference is None or difference.equal),
        "event_table": found.table and found.table.model,
        "shard_safe": found.table is not None and not found.violations,
        "years": list(found.years),
        "violations": [
            {
                "model": violation.model,
                "path": violation.path and str(violation.path),
                "compiled_path": violation.compiled_path and str(violation.compiled_path),
                "line": violation.line,
                "column": violation.column,
                "reason": violation.reason,
                "advice": violation.advice,
            }
            for violation in found.violations
        ],
        "narrowed_inputs": list(found.narrowed_inputs),
        "broadcast_inputs": list(found.broadcast_inputs),
        "comparison": difference and diff_document(difference),
    }


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(name.split(".")[-1].strip('"') for name in names) or "none"
