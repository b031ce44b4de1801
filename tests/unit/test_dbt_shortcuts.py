"""What stands in for a function of dbt gives dbt's own answer."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from dbt import compilation
from dbt.adapters.base.impl import BaseAdapter
from dbt.adapters.duckdb.credentials import DuckDBCredentials
from dbt.adapters.duckdb.relation import DuckDBRelation
from dbt.contracts.project import ProfileConfig, ProjectFlags
from dbt.contracts.project import Project as SchemaOfProject
from dbt_common.clients import agate_helper
from hypothesis import given
from hypothesis import strategies as st
from mashumaro.jsonschema import build_json_schema

from shardrun.dbt_runner.dbt_shortcuts import SHORTCUTS, get_cache_schemas, inject_ctes_into_sql
from shardrun.dbt_runner.substitution import substituted

MODELS = sorted(Path(__file__).parents[2].glob("dbt/models/*/*.sql"))
CTES = [
    SimpleNamespace(id="a", sql=" a as (\nselect 1\n)"),
    SimpleNamespace(id="b", sql=" b as (from a)"),
]
PIECES = st.sampled_from(
    ["with", "WITH", "recursive", "x as (select 1)", "select 1", "from x", "go", ";", "''",
     "'with '", "--", "-- with\n", "/*", "*/", "/* with */", "#", "# with\n", "with(",
     "(with x as (y))", "with ordinality", "a.with",
     "-- a; b\n", "'a; b'", "'", '"', "[", "]", "\\", "$$", "`", "'';'",
     " ", "\n", "\t", "\r\n", "\u00a0", "é", "."]
)  # fmt: skip


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.stem)
def test_every_model_of_the_project_gets_its_ctes_where_dbt_puts_them(model: Path) -> None:
    sql = model.read_text()
    assert inject_ctes_into_sql(sql, CTES) == compilation.inject_ctes_into_sql(sql, CTES)


@given(st.lists(PIECES, min_size=1, max_size=8), st.sampled_from(["", " "]))
def test_any_statement_gets_its_ctes_where_dbt_puts_them(pieces: list[str], between: str) -> None:
    sql = between.join(pieces)
    try:
        expected = compilation.inject_ctes_into_sql(sql, CTES)
    except Exception as error:  # noqa: BLE001 - an empty text, whatever dbt makes of it
        with pytest.raises(type(error)):
            inject_ctes_into_sql(sql, CTES)
    else:
        assert inject_ctes_into_sql(sql, CTES) == expected


def test_the_schemas_to_look_into_are_those_that_dbt_finds() -> None:
    def node(schema: str, name: str, quoting: dict[str, bool], catalog: str | None = None) -> Any:
        return SimpleNamespace(
            database="d",
            schema=schema,
            identifier=name,
            resource_type="model",
            quoting_dict=dict(quoting),
            config={"catalog": catalog},
        )

    nodes = [
        node("main", "a", {}),
        node("main", "b", {}),
        node("other", "a", {}),
        node("other", "b", {"schema": False}),
        node("other", "c", {}, "iceberg"),
    ]
    adapter = SimpleNamespace(
        Relation=DuckDBRelation, config=SimpleNamespace(quoting={"schema": True})
    )
    found = get_cache_schemas(adapter, nodes)  # type: ignore[arg-type]
    assert len(found) == 3
    assert found == BaseAdapter._get_cache_schemas(adapter, nodes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "checked", [DuckDBCredentials, ProfileConfig, ProjectFlags, SchemaOfProject]
)
def test_what_dbt_checks_its_yaml_by_has_the_defaults_that_dbt_writes(checked: Any) -> None:
    written = build_json_schema(checked).to_dict()
    with substituted(SHORTCUTS):
        assert build_json_schema(checked).to_dict() == written


def test_what_was_replaced_is_as_it_was_its_own_or_inherited_whatever_happens_within() -> None:
    class Base:
        def inherited(self) -> str:
            return "base"

        @classmethod
        def bound(cls) -> str:
            return cls.__name__

    class Derived(Base):
        @staticmethod
        def own() -> str:
            return "own"

    before = dict(vars(Derived)), dict(vars(Base))
    substitutes = [
        (Base, "bound", classmethod(lambda cls: f"another {cls.__name__}")),
        (Derived, "inherited", lambda _: "other"),
        (Derived, "own", staticmethod(lambda: "other")),
    ]
    with suppress(KeyboardInterrupt), substituted(substitutes):
        assert Derived.bound() == "another Derived"
        assert (Derived().inherited(), Derived.own()) == ("other", "other")
        assert Base().inherited() == "base"
        raise KeyboardInterrupt
    assert (dict(vars(Derived)), dict(vars(Base))) == before


def test_a_statement_without_rows_has_the_empty_table_that_dbt_makes() -> None:
    made = agate_helper.empty_table()
    with substituted(SHORTCUTS):
        table = agate_helper.empty_table()
    assert (
        (table.column_names, list(table.rows)) == (made.column_names, list(made.rows)) == ((), [])
    )
