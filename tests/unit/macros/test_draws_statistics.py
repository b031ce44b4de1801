"""Promises about draws as random numbers: uniform, and independent wherever a model could care.

Seeds are fixed, so that a test passes always or never. Thresholds lie at a probability of one
in a million a test; a broken counter, key or word order misses them by hundreds of powers of ten.
"""

from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Any

import duckdb
import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from tests.support.render import STREAMS, render

Draws = Mapping[str, NDArray[np.uint32]]

EMPLOYEES = 1 << 18
RAREST = 1e-6
SEED = 42


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute(
            f"""
            create table employees as
            select {render("{{ shardrun.shard_key('employee_id') }}")} as employee_key
            from (select printf('E%07d', i) as employee_id from range(1, {EMPLOYEES + 1}) t(i))
            """
        )
        yield connection


@pytest.fixture(scope="module")
def drawn(connection: duckdb.DuckDBPyConnection) -> Draws:
    """Every stream's draws in 2025, in the order of ids E0000001, E0000002 and so on."""
    return draw(connection)


def draw(connection: duckdb.DuckDBPyConnection, year: int = 2025, seed: int = SEED) -> Draws:
    sql = render(
        "{{ shardrun.draws('employees', var('random_streams'), 'employee_key', var('year'),"
        " var('seed') ~ '::ubigint') }}",
        year=year,
        seed=seed,
    )
    columns = connection.execute(sql).fetchnumpy()
    return {stream: columns[f"draw_{stream}"].astype(np.uint32) for stream in STREAMS}


def probability_of_uniformity(cells: NDArray[np.integer[Any]], number_of_cells: int) -> float:
    """Return the p-value of Pearson's test that every cell is equally likely."""
    return float(stats.chisquare(np.bincount(cells, minlength=number_of_cells)).pvalue)


def probability_of_independence(
    one: NDArray[np.uint32], other: NDArray[np.uint32]
) -> dict[str, float]:
    """Return the p-values of the tests that two draws of the same rows are independent."""
    return {
        "correlation": float(stats.pearsonr(one, other).pvalue),
        # 16 x 16: all pairs of four bits, the highest four and the lowest four
        "high bits": probability_of_uniformity((one >> 28 << 4) | (other >> 28), 256),
        "low bits": probability_of_uniformity((one & 15) << 4 | (other & 15), 256),
    }


def assert_independent(one: NDArray[np.uint32], other: NDArray[np.uint32], where: str) -> None:
    found = probability_of_independence(one, other)
    assert min(found.values()) > RAREST, (where, found)


def test_the_yardstick_sees_one_shared_draw_in_thirty(drawn: Draws) -> None:
    one = drawn["termination"]
    mixed = np.where(np.arange(one.size) % 30 == 0, one, drawn["promotion"])
    assert max(probability_of_independence(one, mixed).values()) < RAREST
    crowded = np.where(np.arange(one.size) % 30 == 0, one >> 1, one)
    assert probability_of_uniformity(crowded >> 24, 256) < RAREST


@pytest.mark.parametrize("stream", STREAMS)
def test_draws_are_uniform(drawn: Draws, stream: str) -> None:
    draws = drawn[stream]
    assert probability_of_uniformity(draws >> 24, 256) > RAREST
    assert probability_of_uniformity(draws & 255, 256) > RAREST
    assert stats.kstest((draws + 0.5) / 2**32, "uniform").pvalue > RAREST


@pytest.mark.parametrize("stream", STREAMS)
def test_every_bit_of_a_draw_is_set_half_of_the_time(drawn: Draws, stream: str) -> None:
    for bit in range(32):
        ones = int(np.count_nonzero(drawn[stream] >> bit & 1))
        assert stats.binomtest(ones, EMPLOYEES).pvalue > RAREST, bit


def test_all_pairs_of_streams_are_independent(drawn: Draws) -> None:
    for one, other in combinations(STREAMS, 2):
        assert_independent(drawn[one], drawn[other], f"{one}, {other}")


def test_consecutive_years_are_independent(
    connection: duckdb.DuckDBPyConnection, drawn: Draws
) -> None:
    next_year = draw(connection, year=2026)
    for stream in STREAMS:
        assert_independent(drawn[stream], next_year[stream], stream)


@pytest.mark.parametrize(
    "other_seed", [SEED + 1, SEED + (1 << 32), SEED << 32], ids=["next", "high half", "swapped"]
)
def test_seeds_are_independent(
    connection: duckdb.DuckDBPyConnection, drawn: Draws, other_seed: int
) -> None:
    reseeded = draw(connection, seed=other_seed)
    for stream in STREAMS:
        assert_independent(drawn[stream], reseeded[stream], stream)


@pytest.mark.parametrize("lag", [1, 2, 10])
def test_neighbouring_ids_are_independent(drawn: Draws, lag: int) -> None:
    for stream in STREAMS:
        assert_independent(drawn[stream][:-lag], drawn[stream][lag:], stream)


@pytest.mark.parametrize("stream", STREAMS)
def test_draws_in_the_order_of_ids_show_no_runs(drawn: Draws, stream: str) -> None:
    # Wald and Wolfowitz: the number of runs above and below the middle
    above = drawn[stream] >> 31
    runs = 1 + int(np.count_nonzero(above[1:] != above[:-1]))
    assert stats.binomtest(runs - 1, EMPLOYEES - 1).pvalue > RAREST


def test_one_employee_s_years_are_uniform_and_serially_independent(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    # period is the year, and only the year: one key under many periods
    sql = render(
        "{{ shardrun.draws(var('years'), var('random_streams'), '7::ubigint', 'year',"
        " '42::ubigint') }}",
        years=f"(select i as year from range({EMPLOYEES}) t(i))",
    )
    columns = connection.execute(sql).fetchnumpy()
    for stream in STREAMS:
        draws = columns[f"draw_{stream}"].astype(np.uint32)
        assert probability_of_uniformity(draws >> 24, 256) > RAREST, stream
        assert_independent(draws[:-1], draws[1:], stream)
