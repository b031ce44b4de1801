"""Promises about choosing by a draw: occurs, pick, and the weighted slots of the lookups."""

from collections.abc import Iterator

import duckdb
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats

from tests.support.render import render

EMPLOYEES = 1 << 18
RAREST = 1e-6
HIGHEST_DRAW = 2**32 - 1


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        drawn = render(
            "{{ shardrun.draws(var('keys'), ['termination'], 'key', '2025', '42::ubigint') }}",
            keys=f"(select md5_number_upper(i::varchar) as key from range({EMPLOYEES}) t(i))",
        )
        connection.execute(f"create table drawn as select draw_termination as draw from ({drawn})")
        connection.execute(
            f"create table extremes as select unnest([0, 1, {HIGHEST_DRAW}])::ubigint as draw"
        )
        yield connection


def occurs(probability: str) -> str:
    return render("{{ shardrun.occurs('draw', var('probability')) }}", probability=probability)


def pick(n: str) -> str:
    return render("{{ shardrun.pick('draw', var('n')) }}", n=n)


@pytest.mark.parametrize("probability", [0.0001, 0.0125, 0.1, 0.5, 0.93])
@pytest.mark.parametrize("kind", ["double", "decimal(9, 6)"])
def test_what_occurs_occurs_as_often_as_said(
    connection: duckdb.DuckDBPyConnection, probability: float, kind: str
) -> None:
    found = connection.execute(
        f"select count(*) from drawn where {occurs(f'{probability}::{kind}')}"
    ).fetchone()
    assert found is not None
    assert stats.binomtest(found[0], EMPLOYEES, probability).pvalue > RAREST


@pytest.mark.parametrize("zero", ["0", "0.0::double", "0::decimal(9, 6)", "-0.1"])
def test_probability_zero_never_occurs(connection: duckdb.DuckDBPyConnection, zero: str) -> None:
    assert connection.execute(f"select bool_or({occurs(zero)}) from extremes").fetchone() == (
        False,
    )


@pytest.mark.parametrize("one", ["1", "1.0::double", "1::decimal(9, 6)", "1.2"])
def test_probability_one_always_occurs(connection: duckdb.DuckDBPyConnection, one: str) -> None:
    assert connection.execute(f"select bool_and({occurs(one)}) from extremes").fetchone() == (True,)


def test_a_higher_probability_occurs_wherever_a_lower_one_did(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    # common random numbers: a scenario with a higher hazard loses no event of the lower one
    assert connection.execute(
        f"select count(*) from drawn where {occurs('0.10')} and not {occurs('0.11')}"
    ).fetchone() == (0,)


@settings(max_examples=60, deadline=None)
@given(
    st.one_of(st.integers(0, HIGHEST_DRAW), st.sampled_from([0, HIGHEST_DRAW])),
    st.one_of(st.integers(1, 2**31), st.sampled_from([1, 365, 366, 1000, 2**31])),
)
def test_a_pick_is_the_draw_s_share_of_n(
    connection: duckdb.DuckDBPyConnection, draw: int, n: int
) -> None:
    found = connection.execute(
        f"select {pick('$n')} from (select $draw::ubigint as draw)", {"n": n, "draw": draw}
    ).fetchone()
    assert found == (draw * n // 2**32,)
    assert draw * n // 2**32 in range(n)


@pytest.mark.parametrize("n", [2, 7, 365, 1000])
def test_a_pick_takes_every_number_below_n_alike(
    connection: duckdb.DuckDBPyConnection, n: int
) -> None:
    found = dict(
        connection.execute(
            f"select {pick(str(n))} as pick, count(*) from drawn group by 1"
        ).fetchall()
    )
    assert set(found) == set(range(n))
    assert stats.chisquare(list(found.values())).pvalue > RAREST


def test_a_pick_of_one_is_zero(connection: duckdb.DuckDBPyConnection) -> None:
    assert connection.execute(
        f"select min({pick('1')}), max({pick('1')}) from drawn"
    ).fetchone() == (
        0,
        0,
    )


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(st.just(0), st.integers(0, 10**6)), min_size=1, max_size=12))
def test_weighted_slots_share_a_thousand_by_weight(
    connection: duckdb.DuckDBPyConnection, weights: list[int]
) -> None:
    total = sum(weights)
    assume(total > 0)
    rows = ", ".join(f"({choice}, {weight})" for choice, weight in enumerate(weights))
    slots = connection.execute(
        f"with choices as (from (values {rows}) t(choice, weight)) select choice, slot from ("
        + render("{{ weighted_slots('choices', choice='choice') }}")
        + ")"
    ).fetchall()
    assert sorted(slot for _, slot in slots) == list(range(1000))
    for choice, weight in enumerate(weights):
        held = sum(1 for chosen, _ in slots if chosen == choice)
        assert abs(held - 1000 * weight / total) < 1
        assert weight > 0 or held == 0


def test_weighted_slots_are_exact_where_weights_are_percentages(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    counted = connection.execute(
        "with ratings as (from (values ('low', 5), ('solid', 75), ('top', 20)) t(rating, weight)) "
        "select rating, count(*), min(slot), max(slot) from ("
        + render("{{ weighted_slots('ratings', choice='rating') }}")
        + ") group by rating order by rating"
    ).fetchall()
    assert counted == [("low", 50, 0, 49), ("solid", 750, 50, 799), ("top", 200, 800, 999)]


def test_weighted_slots_give_each_group_a_thousand_of_its_own(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    counted = connection.execute(
        "with reasons as (from (values ('young', 'a', 1), ('young', 'b', 1), ('old', 'a', 3)) "
        "t(band, reason, weight)) select band, reason, count(*), count(distinct slot) from ("
        + render("{{ weighted_slots('reasons', choice='reason', within='band') }}")
        + ") group by band, reason order by band, reason"
    ).fetchall()
    assert counted == [("old", "a", 1000, 1000), ("young", "a", 500, 500), ("young", "b", 500, 500)]
