"""The select list: which columns a query has, under which names.

Owns stars and names. It must never judge the rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from shardrun.shard_safety.expressions import Expressions
from shardrun.shard_safety.findings import Findings
from shardrun.shard_safety.relations import Column, Refusal
from shardrun.shard_safety.scope import UNKNOWN, Scope, Source, Sources
from shardrun.shard_safety.syntax import AnyExpression, Call, ColumnRef, Star

_OPEN_STAR = Refusal(
    "it can't be proven which columns * brings: those of {} are not known",
    "Name the columns.",
)


def known_aliases(items: Sequence[AnyExpression], scope: Scope) -> Mapping[str, Column]:
    """Return the select items by the names that the other clauses may use for them."""
    aliases: dict[str, Column] = {}
    for item in items:
        if item.alias and not isinstance(item, Star):
            column = UNKNOWN
            if isinstance(item, ColumnRef):
                seen = replace(scope, aliases=aliases)
                found = seen.find(item.names)
                column = found.column if found and found.scope is seen else UNKNOWN
            aliases.setdefault(item.alias.lower(), column)
    return aliases


def project(
    items: Sequence[AnyExpression], expressions: Expressions, findings: Findings
) -> tuple[tuple[Column, ...], bool]:
    """Return the columns of a select list, and whether there are more of them, unknown.

    What follows an unknown column stands at an unknown place, so nothing is claimed for it.
    """
    columns: list[Column] = []
    is_open = False
    for item in items:
        if isinstance(item, Star):
            found, opens = _star(item, expressions, findings)
        else:
            found = [replace(expressions.value(item), name=_name(item))]
            # of a struct it makes a column for each field
            opens = isinstance(item, Call) and item.name == "unnest"
        columns += [Column(name=c.name) for c in found] if is_open else found
        is_open = is_open or opens
    return tuple(columns), is_open


def _star(star: Star, expressions: Expressions, findings: Findings) -> tuple[list[Column], bool]:
    sources = expressions.scope.sources
    tables = [
        table
        for table in sources.tables
        if not star.relation or table.alias.lower() == star.relation.lower()
    ]
    replaced = {name.lower(): expressions.value(value) for name, value in star.replace}
    new_names = {old.lower(): new for old, new in star.rename}
    columns = []
    is_open = False
    for table in tables:
        for column in table.columns if star.relation else table.shown:
            name = column.name.lower()
            if not _is_excluded(star, table, name):
                kept = replaced.get(name, column) if not is_open else UNKNOWN
                columns.append(replace(kept, name=new_names.get(name, column.name)))
        is_open = is_open or table.is_open
    unknown = [table.alias for table in tables if table.is_open]
    if unknown and _has_keys(sources):
        refusal = Refusal(_OPEN_STAR.reason.format(unknown[0]), _OPEN_STAR.advice)
        findings.refuse(refusal, star, *(value for _, value in star.replace))
    return columns, is_open


def _is_excluded(star: Star, table: Source, name: str) -> bool:
    return any(
        column.lower() == name and relation.lower() in ("", table.alias.lower())
        for relation, column in star.exclude
    )


def _has_keys(sources: Sources) -> bool:
    return any(column.key for table in sources.tables for column in table.columns)


def _name(item: AnyExpression) -> str:
    if item.alias:
        return item.alias
    return item.names[-1] if isinstance(item, ColumnRef) else ""
