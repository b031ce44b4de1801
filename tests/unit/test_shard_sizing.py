"""Promises of the arithmetic of shards: how many, how many at a time, and with what."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shardrun.errors import InputError
from shardrun.sharding.sizing import (
    COORDINATOR_MB,
    LEAST_MB,
    LEAST_RUN_MB,
    WORKER_MB,
    choose_shards,
    duckdb_memory_mb,
    share_machine,
    union_memory_mb,
)


def test_auto_stays_on_threads_while_the_year_fits() -> None:
    assert choose_shards(1_000_000, cores=2, memory_mb=8000).shards == 1


def test_auto_splits_what_would_not_fit_and_says_so() -> None:
    choice = choose_shards(20_000_000, cores=2, memory_mb=4000)
    assert choice.shards >= 4
    assert "20,000,000 entities need about 5.2 GB of 4.0 GB" in choice.reason


def test_auto_without_a_count_stays_on_threads() -> None:
    assert choose_shards(None, cores=2, memory_mb=4000).shards == 1


@given(
    st.integers(1, 10**9),
    st.integers(1, 64),
    st.integers(1000, 1_000_000),
)
def test_fewer_entities_or_more_memory_never_mean_more_shards(
    entities: int, cores: int, memory_mb: int
) -> None:
    shards = choose_shards(entities, cores, memory_mb).shards
    assert choose_shards(max(1, entities // 2), cores, memory_mb).shards <= shards
    assert choose_shards(entities, cores, memory_mb * 2).shards <= shards


@given(
    st.integers(1, 1024),
    st.integers(1, 64) | st.none(),
    st.integers(1, 64),
    st.integers(500, 1_000_000),
)
def test_workers_never_get_more_than_there_is(
    shards: int, workers: int | None, cores: int, memory_mb: int
) -> None:
    try:
        share = share_machine(shards, workers, cores, memory_mb)
    except InputError:
        least = WORKER_MB + LEAST_MB * 4 / 3
        assert COORDINATOR_MB + min(workers or cores, shards) * least > memory_mb - 2
        return
    assert 1 <= share.workers <= shards
    assert share.workers == (workers or cores) or share.workers == shards
    assert share.threads * share.workers <= max(cores, share.workers)
    assert share.memory_mb >= LEAST_MB
    held = share.workers * (share.memory_mb * 4 / 3 + WORKER_MB)
    assert COORDINATOR_MB + held <= memory_mb


@given(st.integers(0, 10**9), st.integers(100, 10**6))
def test_a_union_never_gets_more_than_there_is_and_grows_with_its_shards(
    rows: int, memory_mb: int
) -> None:
    assert union_memory_mb(rows // 2, memory_mb) <= union_memory_mb(rows, memory_mb) <= memory_mb


def test_too_little_memory_says_how_much_is_needed() -> None:
    with pytest.raises(InputError, match="at least 1300 MB, 300 for dbt and 250 for each"):
        share_machine(8, 4, 4, 500)


@given(st.integers(LEAST_RUN_MB, 1_000_000))
def test_dbt_and_its_duckdb_hold_no_more_than_the_limit_together(memory_mb: int) -> None:
    assert COORDINATOR_MB + duckdb_memory_mb(memory_mb) * 4 / 3 <= memory_mb
    assert duckdb_memory_mb(memory_mb) >= LEAST_MB
