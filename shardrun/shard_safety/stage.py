"""The analysis of a whole stage: may its models be run shard by shard?

Owns the order of the work, what the stage's tables are to each other, and what its canonical table
must be. It must never run any of the SQL, and never connect to the person's database.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import duckdb

from shardrun.database.connection import memory_database
from shardrun.shard_safety.alignment import Difference, align
from shardrun.shard_safety.findings import Finding, Findings, Record
from shardrun.shard_safety.partition import PlacedFilter, check_partition
from shardrun.shard_safety.queries import QueryAnalysis
from shardrun.shard_safety.reader import read_query
from shardrun.shard_safety.relations import Refusal, Relation, Spread
from shardrun.shard_safety.result import check_result
from shardrun.shard_safety.serialized import UnreadableSqlError
from shardrun.shard_safety.stage_tables import StageTables
from shardrun.shard_safety.syntax import AnyQuery, Node
from shardrun.shard_safety.verdict import CompiledModel, InputColumns, StageVerdict, Violation

_DIFFERS = Refusal(
    "the SQL is not the same in every shard, and not only by a condition of a where",
    "Use shard_id and total_shards in shardrun.shard_filter alone, as a condition of a where.",
)
_DIFFERS_FROM_DEFAULT = Refusal(
    "the SQL of a shard is not that of the default path with a condition more",
    "Use shard_id and total_shards in shardrun.shard_filter alone.",
)
_TOO_DEEP = Refusal(
    "it can't be proven that SQL nested this deep is shard-safe",
    "Split the model in several.",
)
_NO_CANONICAL = Refusal(
    "the stage has no model of this name, whose table the shards' rows are to go to",
    "Name the model that writes the stage's canonical table.",
)


def analyze_stage(
    models: Sequence[CompiledModel],
    *,
    inputs: Mapping[str, InputColumns],
    keys: Sequence[str],
    canonical: str,
    narrowed: Collection[str] = (),
    unreadable: Mapping[str, str] | None = None,
    inexact_sums: bool = False,
) -> StageVerdict:
    """Return whether the stage's models may be run shard by shard, and why not.

    Args:
        models: all models of the stage, each after those that it reads.
        inputs: the columns of every table that the stage may read, by its name as
            ``"database"."schema"."name"``. Types are only needed to allow sums of columns that
            are not cast, and to test the shard's filter on the right type.
        keys: the key columns. A table that has one of them is keyed, its rows belong to the
            entities that the column names; rows with an equal value in one of them belong to the
            same shard. They are never null.
        canonical: the name of the model whose table the shards' rows go to.
        narrowed: the inputs of which a shard is given its own rows alone, whatever the SQL asks.
        unreadable: the inputs that a shard can't read, and what is behind each of them.
        inexact_sums: whether sums of floating-point numbers are taken as they come: their last
            digits hang on the order of the rows, with shards as without.
    """
    stage = _Stage(StageTables(inputs, keys, narrowed, unreadable), inexact_sums)
    with memory_database() as connection:
        stage.connection = connection
        return stage.verdict(models, canonical)


@dataclass(slots=True)
class _Analysed:
    model: CompiledModel
    relation: Relation
    record: Record


@dataclass(slots=True)
class _Stage:
    tables: StageTables
    inexact_sums: bool
    connection: duckdb.DuckDBPyConnection = field(init=False)

    def verdict(self, models: Sequence[CompiledModel], canonical: str) -> StageVerdict:
        self.tables.expect(model.relation for model in models if model.relation)
        done: dict[str, _Analysed] = {}
        for model in models:
            if model.relation or model.name == canonical:
                done[model.name] = self._analyse(model, is_canonical=model.name == canonical)
        # an ephemeral model is part of those that read it; on its own it is only looked at for
        # lines of its own file, or if nothing reads it
        inlined = {name for each in done.values() for name in each.record.inlined}
        blamed = {f.model for each in done.values() for f in each.record.findings}
        for model in models:
            if model.name not in done and (model.name not in inlined or model.name in blamed):
                done[model.name] = self._analyse(model, is_canonical=False)
        self._check_filters(list(done.values()))
        violations = self._violations(models, done)
        if canonical not in done:
            violations.append(_violation(canonical, None, None, None, _NO_CANONICAL, self.tables))
        reads = {name for each in done.values() for name in each.record.reads}
        return StageVerdict(
            violations=tuple(violations),
            narrowed_inputs=tuple(sorted(n for n in reads if self.tables.is_narrowed(n))),
            broadcast_inputs=tuple(sorted(n for n in reads if not self.tables.is_narrowed(n))),
            common_models=frozenset(
                name
                for name, each in done.items()
                if each.relation.spread in (Spread.EVERYWHERE, Spread.WHOLE)
            ),
        )

    def _analyse(self, model: CompiledModel, *, is_canonical: bool) -> _Analysed:
        findings = Findings()
        relation = Relation(Spread.UNPROVEN, (), is_open=True)
        try:
            tree, differences = self._read(model)
            _report(differences, findings)
            analysis = QueryAnalysis(self.tables, findings, self.inexact_sums)
            relation = analysis.relation_of(tree, {}, None)
            if is_canonical and not differences:
                check_result(tree, relation, self.tables.keys, findings)
        except UnreadableSqlError as error:
            refusal = Refusal(f"DuckDB can't read the SQL: {error}", "Correct the model.")
            findings.refuse(refusal, Node(at=error.at))
        except RecursionError:
            findings.refuse(_TOO_DEEP)
        if model.relation and not model.keeps_periods:
            self.tables.add(model.relation, relation)
        return _Analysed(model, relation, findings.record)

    def _read(self, model: CompiledModel) -> tuple[AnyQuery, tuple[Difference, ...]]:
        first = read_query(self.connection, model.sql)
        if model.sql == model.other_shard_sql == model.unsharded_sql:
            return first, ()
        second = read_query(self.connection, model.other_shard_sql)
        unsharded = read_query(self.connection, model.unsharded_sql)
        return align(first, second, unsharded)

    def _check_filters(self, analysed: Sequence[_Analysed]) -> None:
        owners: dict[PlacedFilter, Record] = {}
        for each in analysed:
            for key_filter in each.record.filters:
                line, _ = _line_and_column(each.model.sql, key_filter.at)
                placed = PlacedFilter(key_filter, f"{each.model.compiled_path}:{line}")
                owners[placed] = each.record
        refused = check_partition(self.connection, list(owners), self.tables.key_types())
        for placed, refusal in refused:
            at, model = placed.key_filter.at, placed.key_filter.model
            owners[placed].findings.append(Finding(refusal, at, model))

    def _violations(
        self, models: Sequence[CompiledModel], done: Mapping[str, _Analysed]
    ) -> list[Violation]:
        paths = {model.name: model for model in models}
        own = {
            name
            for name, each in done.items()
            if any(finding.model is None for finding in each.record.findings)
        }
        violations: dict[Violation, None] = {}
        for model in models:
            findings = done[model.name].record.findings if model.name in done else []
            for finding in sorted(findings, key=lambda finding: finding.at or 0):
                if finding.model in own:
                    continue
                blamed = finding.model or model.name
                violation = _violation(
                    blamed, paths.get(blamed), model, finding.at, finding.refusal, self.tables
                )
                violations[violation] = None
        return list(violations)


def _report(differences: Sequence[Difference], findings: Findings) -> None:
    between_shards = any(difference.between_shards for difference in differences)
    for difference in differences:
        # what differs between shards as a rule differs from the default path as well
        if difference.between_shards == between_shards:
            refusal = _DIFFERS if between_shards else _DIFFERS_FROM_DEFAULT
            findings.refuse(refusal, Node(at=difference.at))


def _violation(
    name: str,
    source: CompiledModel | None,
    compiled: CompiledModel | None,
    at: int | None,
    refusal: Refusal,
    tables: StageTables,
) -> Violation:
    line, column = _line_and_column(compiled.sql, at) if compiled else (None, None)
    return Violation(
        model=name,
        path=source.path if source else None,
        compiled_path=compiled.compiled_path if compiled else None,
        line=line,
        column=column,
        reason=tables.with_key_names(refusal.reason),
        advice=tables.with_key_names(refusal.advice),
    )


def _line_and_column(sql: str, at: int | None) -> tuple[int, int | None]:
    if at is None:
        return 1, None
    before = sql.encode()[:at]
    start = before.rfind(b"\n") + 1
    return before.count(b"\n") + 1, len(before[start:].decode(errors="replace")) + 1
