"""Promises about shards: every key in exactly one, the filter equal to the hash, for any number."""

from collections.abc import Iterator, Sequence
from hashlib import md5

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from shardrun.sharding.shards import Shard
from tests.support.philox import shard_key
from tests.support.render import render

HIGHEST_KEY = 2**64 - 1
MOST_SHARDS = 1024
RAREST = 1e-6


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield connection


def shard_of_key(total_shards: int) -> str:
    return render("{{ shardrun.shard_of_key('key', var('total')) }}", total=total_shards)


def shard_filter(shard_id: int, total_shards: int) -> str:
    return render(
        "{{ shardrun.shard_filter('key') }}", shard_id=shard_id, total_shards=total_shards
    )


def edges(total_shards: int) -> list[int]:
    """Return the keys on both sides of every border between shards, and both ends."""
    borders = [-(-shard * 2**32 // total_shards) * 2**32 for shard in range(1, total_shards)]
    return [0, HIGHEST_KEY, *(key for border in borders for key in (border - 1, border))]


@settings(max_examples=40, deadline=None)
@given(st.text())
def test_a_shard_key_is_half_an_md5_as_python_computes_it(
    connection: duckdb.DuckDBPyConnection, entity: str
) -> None:
    sql = render("select {{ shardrun.shard_key('entity') }} from (select $1 as entity)")
    assert connection.execute(sql, [entity]).fetchone() == (shard_key(entity),)


def test_shard_keys_never_change(connection: duckdb.DuckDBPyConnection) -> None:
    # every draw and every shard of every database hangs on these numbers
    pinned = {"E0000001": 17211906962878442321, "": 338333539836370388, "Zoë": 4391146257241818363}
    for entity, key in pinned.items():
        sql = render("select {{ shardrun.shard_key('entity') }} from (select $1 as entity)")
        assert connection.execute(sql, [entity]).fetchone() == (key,)
        half = md5(entity.encode(), usedforsecurity=False).digest()[:8]
        assert int.from_bytes(half, "little") == key


def test_a_number_has_the_shard_key_of_its_text(connection: duckdb.DuckDBPyConnection) -> None:
    sql = render("select {{ shardrun.shard_key('12345') }}")
    assert connection.execute(sql).fetchone() == (shard_key("12345"),)


@settings(max_examples=40, deadline=None)
@given(
    st.integers(1, MOST_SHARDS),
    st.lists(st.integers(0, HIGHEST_KEY), max_size=20),
    st.data(),
)
def test_the_filter_keeps_exactly_the_keys_of_its_shard(
    connection: duckdb.DuckDBPyConnection,
    total_shards: int,
    keys: list[int],
    data: st.DataObject,
) -> None:
    shard_id = data.draw(st.integers(0, total_shards - 1))
    mistaken = connection.execute(
        f"select key from (select unnest($1::ubigint[]) as key) "
        f"where ({shard_filter(shard_id, total_shards)}) != ({shard_of_key(total_shards)} = $2)",
        [keys + edges(total_shards), shard_id],
    ).fetchall()
    assert mistaken == []


@settings(max_examples=40, deadline=None)
@given(st.integers(1, MOST_SHARDS), st.data())
def test_python_asks_for_the_same_keys_as_the_filter(
    connection: duckdb.DuckDBPyConnection, total_shards: int, data: st.DataObject
) -> None:
    shard = Shard(2027, data.draw(st.integers(0, total_shards - 1)), total_shards)
    of_macro = shard_filter(shard.index, total_shards)
    mistaken = connection.execute(
        "select key from (select unnest($1::ubigint[]) as key) "
        f"where ({of_macro}) != ({shard.condition('key')})",
        [edges(total_shards)],
    ).fetchall()
    assert mistaken == []


def test_a_shard_of_one_keeps_one_key(connection: duckdb.DuckDBPyConnection) -> None:
    one = render("{{ shardrun.shard_filter('key') }}", entity_key=HIGHEST_KEY)
    kept = connection.execute(
        f"select key from (select unnest($1::ubigint[]) as key) where {one}",
        [[0, 1, HIGHEST_KEY - 1, HIGHEST_KEY]],
    ).fetchall()
    assert kept == [(HIGHEST_KEY,)]


@pytest.mark.parametrize("total_shards", [1, 2, 3, 7, 64, 1000, MOST_SHARDS])
def test_every_key_falls_in_exactly_one_shard(
    connection: duckdb.DuckDBPyConnection, total_shards: int
) -> None:
    filters = [shard_filter(shard, total_shards) for shard in range(total_shards)]
    kept = f"list_sum([{', '.join(f'({condition})::integer' for condition in filters)}])"
    found = connection.execute(
        f"select min({kept}), max({kept}), min(shard), max(shard), count(distinct shard) "
        f"from (select key, {shard_of_key(total_shards)} as shard "
        f"from (select unnest($1::ubigint[]) as key))",
        [edges(total_shards)],
    ).fetchone()
    assert found == (1, 1, 0, total_shards - 1, total_shards)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.text(max_size=8), min_size=1, max_size=20), st.integers(1, MOST_SHARDS))
def test_hash_shard_is_the_shard_of_the_id_s_key(
    connection: duckdb.DuckDBPyConnection, entities: Sequence[str], total_shards: int
) -> None:
    sql = render(
        "select entity, {{ shardrun.hash_shard('entity', var('total')) }} "
        "from (select unnest($1) as entity)",
        total=total_shards,
    )
    found = connection.execute(sql, [entities]).fetchall()
    assert found == [
        (entity, (shard_key(entity) >> 32) * total_shards >> 32) for entity in entities
    ]


@pytest.mark.parametrize("total_shards", [2, 8, 100])
def test_shards_are_balanced_over_consecutive_ids(
    connection: duckdb.DuckDBPyConnection, total_shards: int
) -> None:
    sql = render(
        "select {{ shardrun.hash_shard('employee_id', var('total')) }} as shard, count(*) "
        "from (select printf('E%07d', i) as employee_id from range(100000) t(i)) group by shard",
        total=total_shards,
    )
    sizes = [size for _, size in connection.execute(sql).fetchall()]
    assert len(sizes) == total_shards
    assert stats.chisquare(sizes).pvalue > RAREST


def test_the_default_path_filters_nothing() -> None:
    assert render("{{ shardrun.shard_filter('key') }}") == "true"
    assert shard_filter(0, 1) == "true"


def test_vars_from_a_command_line_may_be_text() -> None:
    as_text = render("{{ shardrun.shard_filter('key') }}", shard_id="2", total_shards="8")
    assert as_text == shard_filter(2, 8)
