"""The verdicts put to the proof: the corpus run by DuckDB, whole and in shards."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.shard_safety.corpus import SAFE, UNSAFE, Case, rendered
from tests.unit.shard_safety.generated import random_model
from tests.unit.shard_safety.verdicts import verdict_on

Rows = list[str]


@dataclass(frozen=True)
class Person:
    """Team, manager (a place in the population), pay and score; raises as (day, amount)."""

    team: int
    manager: int
    pay: int
    score: float
    raises: tuple[tuple[int, int], ...]


def fill(connection: duckdb.DuckDBPyConnection, people: list[Person]) -> None:
    connection.execute("""
        create or replace table people (
            employee_id varchar, employee_key ubigint, manager_id varchar, team integer,
            pay decimal(12, 2), score double);
        create or replace table raises (
            employee_id varchar, employee_key ubigint, raise_date date, amount decimal(12, 2));
    """)
    for number, person in enumerate(people):
        connection.execute(
            "insert into people select e, md5_number_upper(e), m, ?, ?, ? "
            "from (select 'E' || ?::varchar as e, 'E' || ?::varchar as m)",
            [person.team, person.pay, person.score, number, person.manager % len(people)],
        )
        for day, amount in person.raises:
            connection.execute(
                "insert into raises select e, md5_number_upper(e), date '2026-01-01' + ?::integer, "
                "? from (select 'E' || ?::varchar as e)",
                [day, amount, number],
            )


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        opened.execute("""
            attach ':memory:' as db;
            use db;
            create table bands as
                select * from (values
                    (1, 'assistant', 10), (2, 'analyst', 20), (2, 'again', 25), (4, 'lead', 40)
                ) as b(team, title, bonus);
            create table parameters as select 2026 as simulation_year, 0.03 as rate;
        """)
        yield opened


def rows(connection: duckdb.DuckDBPyConnection, sql: str) -> Rows:
    return [repr(row) for row in connection.execute(sql).fetchall()]


def in_shards(connection: duckdb.DuckDBPyConnection, case: Case, shards: int) -> Rows:
    each = (rows(connection, rendered(case.sql, shard, shards)) for shard in range(shards))
    return sorted(chain.from_iterable(each))


def some_people() -> list[Person]:
    dice = random.Random(20260101)
    return [
        Person(
            team=dice.randint(1, 5),
            manager=dice.randint(0, 39),
            pay=dice.randint(50, 1000),
            score=dice.random(),
            raises=tuple(
                (dice.randint(0, 300), dice.randint(1, 100)) for _ in range(dice.randint(0, 4))
            ),
        )
        for _ in range(40)
    ]


@pytest.mark.parametrize("case", SAFE, ids=lambda case: case.name)
def test_the_shards_of_a_safe_model_are_the_whole(
    connection: duckdb.DuckDBPyConnection, case: Case
) -> None:
    fill(connection, some_people())
    whole = sorted(rows(connection, rendered(case.sql)))
    assert whole
    for shards in (2, 3, 50):
        assert in_shards(connection, case, shards) == whole


@pytest.mark.parametrize(
    "case", [case for case in UNSAFE if case.differs], ids=lambda case: case.name
)
def test_the_shards_of_a_refused_model_are_not_the_whole(
    connection: duckdb.DuckDBPyConnection, case: Case
) -> None:
    fill(connection, some_people())
    whole = sorted(rows(connection, rendered(case.sql)))
    differs = [in_shards(connection, case, shards) != whole for shards in (2, 50)]
    assert any(differs)


person = st.builds(
    Person,
    team=st.integers(1, 4),
    manager=st.integers(0, 99),
    pay=st.integers(1, 1000),
    score=st.floats(0, 1),
    raises=st.lists(st.tuples(st.integers(0, 3), st.sampled_from((1, 49, 51, 91))), max_size=3).map(
        tuple
    ),
)


@settings(max_examples=60, deadline=None)
@given(
    people=st.lists(person, max_size=12),
    case=st.sampled_from(SAFE),
    shards=st.sampled_from((2, 3, 8, 20)),
)
def test_safe_means_equal_for_any_population(
    connection: duckdb.DuckDBPyConnection, people: list[Person], case: Case, shards: int
) -> None:
    fill(connection, people)
    assert in_shards(connection, case, shards) == sorted(rows(connection, rendered(case.sql)))


@pytest.mark.parametrize(
    "seeds", [range(60), pytest.param(range(60, 3000), marks=pytest.mark.slow)], ids=str
)
def test_whatever_is_called_safe_is_safe(
    connection: duckdb.DuckDBPyConnection, seeds: range
) -> None:
    fill(connection, some_people()[:12])
    models = [random_model(random.Random(seed)) for seed in seeds]
    safe = [sql for sql in models if verdict_on(sql).is_safe]
    assert len(safe) > len(models) / 10
    for sql in safe:
        whole = sorted(rows(connection, rendered(sql)))
        assert in_shards(connection, Case("", sql), 3) == whole, sql
