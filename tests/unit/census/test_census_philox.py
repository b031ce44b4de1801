"""Promises about the draws behind a generated census."""

from __future__ import annotations

import duckdb
import pytest

from shardrun.workforce.philox import philox_4x32_10

# Random123 1.14, tests/kat_vectors, philox4x32 10: counter, key (least significant first), words
KNOWN_ANSWERS = [
    (
        (0x00000000, 0x00000000, 0x00000000, 0x00000000),
        0x00000000_00000000,
        (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8),
    ),
    (
        (0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF),
        0xFFFFFFFF_FFFFFFFF,
        (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD),
    ),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        0x299F31D0_A4093822,
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]


@pytest.mark.parametrize(("counter", "key", "words"), KNOWN_ANSWERS)
def test_the_draws_are_random123s(
    counter: tuple[int, ...], key: int, words: tuple[int, ...]
) -> None:
    source = "select " + ", ".join(f"{word}::ubigint as c{i}" for i, word in enumerate(counter))
    with duckdb.connect() as connection:
        assert connection.execute(philox_4x32_10(source, key)).fetchall() == [words]


def test_other_columns_and_the_order_of_rows_pass_through() -> None:
    source = (
        "select i as label, i::ubigint as c0, 0::ubigint as c1, 0::ubigint as c2, 0::ubigint as c3"
        " from range(5000) as numbers (i)"
    )
    with duckdb.connect() as connection:
        labels = connection.execute(f"select label from ({philox_4x32_10(source, 7)})").fetchall()
    assert labels == [(number,) for number in range(5000)]
