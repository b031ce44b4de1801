"""Which runs make an ensemble: scenarios times seeds. Pure data and how a person writes it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

from shardrun.config.simulation import MAX_SEED
from shardrun.errors import InputError

MAX_MEMBERS = 10_000
_SEED = re.compile(r"([0-9]{1,20})(?:\.\.([0-9]{1,20}))?")


@dataclass(frozen=True, slots=True, order=True)
class Member:
    """One run of an ensemble.

    Attributes:
        scenario: what is laid over the configuration; empty for the configuration itself.
        seed: of every draw.
    """

    scenario: str
    seed: int

    def __str__(self) -> str:
        """Name the member to a person."""
        return f"{self.scenario}, seed {self.seed}" if self.scenario else f"seed {self.seed}"

    @property
    def file_name(self) -> str:
        """What its database is called."""
        return f"{self.scenario}_{self.seed}.duckdb" if self.scenario else f"{self.seed}.duckdb"


def parse_seeds(text: str) -> tuple[int, ...]:
    """Return the seeds in `1..50`, `3,5,8` or `1..10,42`, each once, in the order given.

    Raises:
        InputError: if it is not written so, or there are fewer than two, or too many.
    """
    seeds: dict[int, None] = {}
    for part in text.split(","):
        match = _SEED.fullmatch(part.strip())
        if match is None:
            raise InputError(
                f"--seeds: {part.strip()!r} is no seed and no range of them; write 1..50, or 3,5,8"
            )
        first, last = int(match[1]), int(match[2] or match[1])
        if last > MAX_SEED:
            raise InputError(f"--seeds: {last} is too large; a seed is at most {MAX_SEED}")
        if last < first:
            raise InputError(f"--seeds: {part.strip()} is empty; write {last}..{first}")
        if last - first >= MAX_MEMBERS or len(seeds) + last - first >= MAX_MEMBERS:
            raise InputError(f"--seeds: more than {MAX_MEMBERS:,} seeds are too many")
        seeds.update(dict.fromkeys(range(first, last + 1)))
    return checked_seeds(seeds)


def checked_seeds(seeds: Iterable[int]) -> tuple[int, ...]:
    """Return the seeds of an ensemble, each once, in the order given.

    Raises:
        InputError: if there are fewer than two, or too many, or one is no seed.
    """
    each = tuple(dict.fromkeys(islice(seeds, MAX_MEMBERS + 1)))
    if len(each) > MAX_MEMBERS:
        raise InputError(f"--seeds: more than {MAX_MEMBERS:,} seeds are too many")
    wrong = [seed for seed in each if not 0 <= seed <= MAX_SEED]
    if wrong:
        raise InputError(f"--seeds: {wrong[0]} is no seed; one is at least 0, at most {MAX_SEED}")
    if len(each) < 2:
        raise InputError(
            "--seeds: an ensemble needs at least two seeds; for one run, set "
            "simulation.random_seed in the configuration"
        )
    return each


def members_of(scenarios: Sequence[str], seeds: Sequence[int]) -> tuple[Member, ...]:
    """Return every scenario with every seed; seeds in their order, so that all scenarios grow.

    Args:
        scenarios: their names; empty for the configuration itself.
        seeds: of each.
    """
    return tuple(Member(scenario, seed) for seed in seeds for scenario in scenarios)
