"""Who gives a shard its rows where its models don't: every entity to one shard, and the same."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shardrun.config.workflow import EventTable
from shardrun.dbt_runner.compiled import CompiledStage, RelationName, StageNode
from shardrun.sharding.narrowing import Narrowing, check_keys, find_narrowing
from shardrun.sharding.shards import Shard

LOANS, RATES = RelationName("db", "main", "loans"), RelationName("db", "main", "rates")
RAW, ELSEWHERE = RelationName("db", "main", "raw"), RelationName("other", "main", "loans")
COLUMNS = {
    LOANS: {"Loan_ID": "INTEGER", "balance": "DECIMAL(12,2)"},
    RATES: {"product": "VARCHAR"},
    RAW: {"loan_id": "INTEGER"},
    ELSEWHERE: {"loan_id": "INTEGER"},
}
TABLE = EventTable.model_validate(
    {"model": "events", "shard_key": "loan_id", "unique_key": ["month", "loan_id"]}
)


def _stage(first: str, second: str) -> CompiledStage:
    node = StageNode(
        unique_id="model.events",
        name="events",
        path=Path("models/events.sql"),
        relation=RelationName("db", "main", "events"),
        materialized="incremental",
        incremental_strategy="delete+insert",
    )
    return CompiledStage(
        nodes=(node,),
        inputs=tuple(COLUMNS),
        behind_views=frozenset({RAW}),
        built=frozenset({"model.events"}),
        sql=({"model.events": first}, {"model.events": second}),
    )


def test_what_carries_the_key_is_narrowed_but_not_what_a_view_reads_nor_another_file() -> None:
    narrowing = find_narrowing(_stage("select 1", "select 1"), (0, 1), COLUMNS, TABLE)
    assert narrowing.inputs == {LOANS}
    assert not narrowing.by_models


def test_models_that_filter_for_themselves_are_left_to_it() -> None:
    narrowing = find_narrowing(_stage("select 1", "select 2"), (0, 1), COLUMNS, TABLE)
    assert (narrowing.inputs, narrowing.by_models) == (frozenset(), True)
    assert narrowing.key_expression == '"loan_id"'


@settings(max_examples=30, deadline=None)
@given(
    keys=st.lists(st.one_of(st.none(), st.text(max_size=6)), max_size=40),
    shards=st.integers(1, 9),
)
def test_every_row_whatever_its_key_falls_to_one_shard(keys: list[str | None], shards: int) -> None:
    narrowing = Narrowing("loan_id", frozenset({LOANS}), by_models=False)
    conditions = [narrowing.condition(Shard(2025, index, shards)) for index in range(shards)]
    hits = " + ".join(f"({condition})::integer" for condition in conditions)
    with duckdb.connect() as connection:
        assert connection.execute(
            f"select coalesce(bool_and({hits} = 1), true) from "
            "(select unnest(?::varchar[]) as loan_id)",
            [keys],
        ).fetchall() == [(True,)]


def test_the_shard_of_a_key_is_that_of_the_macro_whatever_whole_number_type_it_has() -> None:
    narrowing = Narrowing("loan_id", frozenset({LOANS}), by_models=False)
    with duckdb.connect() as connection:
        [(same,)] = connection.execute(
            "select bool_and(a = b) from (select "
            f"{narrowing.key_expression} as a, md5_number_upper(range::tinyint::varchar) as b "
            "from (select range, range::bigint as loan_id from range(100)))"
        ).fetchall()
    assert same


@pytest.mark.parametrize(
    ("types", "says"),
    [
        (("INTEGER", "UBIGINT"), None),
        (("VARCHAR", "VARCHAR"), None),
        (("DECIMAL(9,2)", "DECIMAL(9,2)"), None),
        (("INTEGER", "VARCHAR"), "loan_id is INTEGER in main.loans, VARCHAR in main.raw"),
        (("DECIMAL(9,2)", "DECIMAL(9,3)"), "would fall to different shards"),
        (("DOUBLE", "DOUBLE"), "main.loans has a loan_id of type DOUBLE"),
    ],
)
def test_keys_that_are_equal_but_not_in_their_text_are_refused(
    types: tuple[str, str], says: str | None
) -> None:
    narrowing = Narrowing("loan_id", frozenset({LOANS, RAW}), by_models=False)
    columns = {LOANS: {"loan_id": types[0]}, RAW: {"loan_id": types[1]}}
    found = [str(each) for each in check_keys(narrowing, columns, "", "events", Path("events.sql"))]
    assert bool(found) == (says is not None)
    assert says is None or says in found[0]


def test_keys_that_a_collation_calls_equal_are_refused() -> None:
    narrowing = Narrowing("loan_id", frozenset({LOANS}), by_models=False)
    columns = {LOANS: {"loan_id": "VARCHAR"}}
    (found,) = check_keys(narrowing, columns, "nocase", "events", Path("events.sql"))
    assert "default_collation to nocase" in found.reason
