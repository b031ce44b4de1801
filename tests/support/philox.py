"""Philox4x32-10 and the draws in plain Python integers, written from the paper, not from the sql.

Owns the reference that the sql is compared with. It must never import the macros or DuckDB.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import md5

WORD = 1 << 32
MULTIPLIERS = (0xD2511F53, 0xCD9E8D57)
WEYL_INCREMENTS = (0x9E3779B9, 0xBB67AE85)
ROUNDS = 10


def philox4x32(counter: Sequence[int], key: Sequence[int]) -> tuple[int, int, int, int]:
    """Return the block of four 32-bit words for a counter of four words and a key of two."""
    c0, c1, c2, c3 = counter
    k0, k1 = key
    for _ in range(ROUNDS):
        high_0, low_0 = divmod(MULTIPLIERS[0] * c0, WORD)
        high_1, low_1 = divmod(MULTIPLIERS[1] * c2, WORD)
        c0, c1, c2, c3 = high_1 ^ c1 ^ k0, low_1, high_0 ^ c3 ^ k1, low_0
        k0, k1 = (k0 + WEYL_INCREMENTS[0]) % WORD, (k1 + WEYL_INCREMENTS[1]) % WORD
    return c0, c1, c2, c3


def shard_key(entity: str) -> int:
    """Return the first eight bytes of the id's md5, read as a little-endian number."""
    return int.from_bytes(md5(entity.encode(), usedforsecurity=False).digest()[:8], "little")


def draw(seed: int, key: int, period: int, place: int) -> int:
    """Return the draw of the stream at ``place`` in the registry, below 2^32."""
    counter = (key % WORD, key // WORD, period, place // 4)
    return philox4x32(counter, (seed % WORD, seed // WORD))[place % 4]
