"""Promises about philox4x32: Random123's numbers, for any counter and key, any blocks at once."""

from collections.abc import Iterator, Sequence

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.philox import philox4x32
from tests.support.render import render

# Random123, tests/kat_vectors: counter, key, block
KNOWN_ANSWERS = {
    "zeros": (
        (0, 0, 0, 0),
        (0, 0),
        (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8),
    ),
    "ones": (
        (0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF),
        (0xFFFFFFFF, 0xFFFFFFFF),
        (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD),
    ),
    "pi": (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
}
WORDS = st.one_of(st.integers(0, 0xFFFFFFFF), st.sampled_from([0, 1, 0x7FFFFFFF, 0xFFFFFFFF]))
COUNTERS = st.tuples(WORDS, WORDS, WORDS, WORDS)
KEYS = st.tuples(WORDS, WORDS)


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield connection


def blocks_in_sql(
    connection: duckdb.DuckDBPyConnection,
    counters: Sequence[Sequence[int]],
    key: Sequence[int],
) -> list[tuple[int, ...]]:
    """Return the blocks of all counters, as the macro gives them in one call."""
    sql = render(
        "{{ shardrun.philox4x32('(select 1 as kept)', var('blocks'), var('key')) }}",
        blocks={
            place: [f"{word}::ubigint" for word in counter]
            for place, counter in enumerate(counters)
        },
        key=[f"{word}::ubigint" for word in key],
    )
    row = connection.execute(sql).fetchone()
    assert row is not None
    assert row[0] == 1
    return [tuple(row[1 + 4 * block : 5 + 4 * block]) for block in range(len(counters))]


@pytest.mark.parametrize("name", KNOWN_ANSWERS)
def test_random123_s_known_answers_come_out(
    connection: duckdb.DuckDBPyConnection, name: str
) -> None:
    counter, key, block = KNOWN_ANSWERS[name]
    assert blocks_in_sql(connection, [counter], key) == [block]
    assert philox4x32(counter, key) == block


@settings(max_examples=40, deadline=None)
@given(st.lists(COUNTERS, min_size=1, max_size=4), KEYS)
def test_blocks_equal_the_reference_for_any_counter_and_key(
    connection: duckdb.DuckDBPyConnection, counters: list[tuple[int, ...]], key: tuple[int, int]
) -> None:
    expected = [philox4x32(counter, key) for counter in counters]
    assert blocks_in_sql(connection, counters, key) == expected


@settings(max_examples=15, deadline=None)
@given(st.lists(COUNTERS, min_size=2, max_size=4), KEYS)
def test_several_blocks_in_one_call_equal_separate_calls(
    connection: duckdb.DuckDBPyConnection, counters: list[tuple[int, ...]], key: tuple[int, int]
) -> None:
    separate = [blocks_in_sql(connection, [counter], key)[0] for counter in counters]
    assert blocks_in_sql(connection, counters, key) == separate


def test_counter_and_key_may_be_columns(connection: duckdb.DuckDBPyConnection) -> None:
    rows = ", ".join(
        "(" + ", ".join(f"{word}::ubigint" for word in (*counter, *key)) + ")"
        for counter, key, _ in KNOWN_ANSWERS.values()
    )
    sql = render(
        "{{ shardrun.philox4x32('counted', {7: ['c0', 'c1', 'c2', 'c3']}, ['k0', 'k1']) }}"
    )
    found = connection.execute(
        f"with counted as (from (values {rows}) t(c0, c1, c2, c3, k0, k1)) "
        f"select philox_7_0, philox_7_1, philox_7_2, philox_7_3 from ({sql})"
    ).fetchall()
    assert set(found) == {block for _, _, block in KNOWN_ANSWERS.values()}
