"""The model's draws in numpy, and what is decided by one in polars."""

from __future__ import annotations

import numpy as np
import polars as pl

from shardrun.workforce.draws import STREAMS

_WORD = 2**32


def add_draws(people: pl.DataFrame, year: int, seed: int, streams: tuple[str, ...]) -> pl.DataFrame:
    """Add a column draw_<stream> for each stream, by Philox4x32-10 over the column employee_key."""
    keys = people["employee_key"].to_numpy()
    blocks: dict[int, tuple[np.ndarray, ...]] = {}
    for stream in streams:
        block, word = divmod(STREAMS.index(stream), 4)
        if block not in blocks:
            blocks[block] = _philox(keys, year, seed, block)
        people = people.with_columns(pl.Series(f"draw_{stream}", blocks[block][word]))
    return people


def _philox(keys: np.ndarray, year: int, seed: int, block: int) -> tuple[np.ndarray, ...]:
    low, shift = np.uint64(_WORD - 1), np.uint64(32)
    c0, c1 = keys & low, keys >> shift
    c2, c3 = np.full_like(keys, year), np.full_like(keys, block)
    for number in range(10):
        left, right = c0 * np.uint64(0xD2511F53), c2 * np.uint64(0xCD9E8D57)
        key_0 = np.uint64((seed + number * 0x9E3779B9) % _WORD)
        key_1 = np.uint64(((seed >> 32) + number * 0xBB67AE85) % _WORD)
        c0, c1 = (right >> shift) ^ c1 ^ key_0, right & low
        c2, c3 = (left >> shift) ^ c3 ^ key_1, left & low
    return c0, c1, c2, c3


def occurs(stream: str, hazard: pl.Expr) -> pl.Expr:
    """Return whether a stream's draw lies below a hazard."""
    return pl.col(f"draw_{stream}").cast(pl.Float64) < hazard * float(_WORD)


def pick(stream: str, count: int | pl.Expr) -> pl.Expr:
    """Return a whole number from 0 to below a count, by a stream's draw."""
    number = pl.lit(count) if isinstance(count, int) else count
    return (pl.col(f"draw_{stream}") * number.cast(pl.UInt64) // _WORD).cast(pl.Int32)
