"""Philox4x32-10 as DuckDB SQL: the draws behind a generated census.

Counter-based (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011): a draw is a
pure function of key and counter, so neither threads nor DuckDB's version can change it. It must
never call ``random()`` or ``hash()``, which promise neither.
"""

from __future__ import annotations

_ROUNDS = 10
_MULTIPLIER_0 = 0xD2511F53
_MULTIPLIER_1 = 0xCD9E8D57
_WEYL_0 = 0x9E3779B9
_WEYL_1 = 0xBB67AE85
_WORD = 0xFFFFFFFF


def philox_4x32_10(source: str, key: int) -> str:
    """Return a query that turns the counters of ``source`` into random words, row by row.

    Args:
        source: a query with UBIGINT columns c0, c1, c2, c3 below 2^32 (the counter, least
            significant word first); its other columns pass through.
        key: the 64-bit key.

    Returns:
        A query of the same columns, in the same row order, with c0..c3 the four random words.
    """
    query = source
    for number in range(_ROUNDS):
        key_0 = ((key & _WORD) + number * _WEYL_0) & _WORD
        key_1 = ((key >> 32) + number * _WEYL_1) & _WORD
        query = (
            "select * replace (\n"
            f"  xor(xor((c2 * {_MULTIPLIER_1}::ubigint) >> 32, c1), {key_0}::ubigint) as c0,\n"
            f"  (c2 * {_MULTIPLIER_1}::ubigint) & {_WORD}::ubigint as c1,\n"
            f"  xor(xor((c0 * {_MULTIPLIER_0}::ubigint) >> 32, c3), {key_1}::ubigint) as c2,\n"
            f"  (c0 * {_MULTIPLIER_0}::ubigint) & {_WORD}::ubigint as c3\n"
            f") from (\n{query})"
        )
    return query
