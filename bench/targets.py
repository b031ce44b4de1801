"""What issue 5 asks of the figures: ratios within one run, and whether they are met."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bench.measured import HEAVY

Figures = Mapping[str, Mapping[str, Any]]
"""Medians by contender, see :func:`bench.measured.median_of`."""

_EVENTS = HEAVY[0].value


@dataclass(frozen=True)
class Target:
    """A bound on one figure of one size.

    Attributes:
        name: what is bounded.
        size: people and years.
        bound: of the figure.
        at_least: whether it is the least, else the most.
        figure: finds it; raises KeyError where a contender did not run.
    """

    name: str
    size: tuple[int, int]
    bound: float
    at_least: bool
    figure: Callable[[Figures], float]


@dataclass(frozen=True)
class Verdict:
    """A target and what was measured."""

    name: str
    bound: str
    measured: float
    met: bool


def judge(people: int, years: int, figures: Figures) -> list[Verdict]:
    """Return the verdicts on the targets of a size whose contenders ran."""
    verdicts = []
    for target in TARGETS:
        if target.size != (people, years):
            continue
        try:
            measured = target.figure(figures)
        except KeyError:
            continue
        verdicts.append(verdict(target.name, target.bound, measured, at_least=target.at_least))
    return verdicts


def verdict(name: str, bound: float, measured: float, *, at_least: bool = False) -> Verdict:
    """Compare a figure with its bound."""
    met = measured >= bound if at_least else measured <= bound
    return Verdict(name, f"{'≥' if at_least else '≤'} {bound:g}", measured, met)


def _times_faster_than(other: str) -> Callable[[Figures], float]:
    return lambda figures: figures[other]["seconds"] / figures["shardrun"]["seconds"]


def _time_over(other: str) -> Callable[[Figures], float]:
    return lambda figures: figures["shardrun"]["seconds"] / figures[other]["seconds"]


def _speed_up(one: str, two: str) -> Callable[[Figures], float]:
    return lambda figures: _heavy_seconds(figures[one]) / _heavy_seconds(figures[two])


def _speed_up_of_events(one: str, two: str) -> Callable[[Figures], float]:
    return lambda figures: (
        figures[one]["stages"][_EVENTS]["seconds"] / figures[two]["stages"][_EVENTS]["seconds"]
    )


def _cpu_share(figures: Figures) -> float:
    stages = figures["shardrun"]["stages"].values()
    busy = sum(stage["seconds"] * stage["cpu_share"] for stage in stages)
    return float(busy / _heavy_seconds(figures["shardrun"]))


def _event_memory_over_default(figures: Figures) -> float:
    sharded, default = (
        figures[name]["stages"][_EVENTS]["peak_memory"] for name in ("32 shards", "shardrun")
    )
    return float(sharded / default)


def _heavy_seconds(figures: Mapping[str, Any]) -> float:
    return float(sum(stage["seconds"] for stage in figures["stages"].values()))


_SMALL, _MEDIUM, _LARGE = (60_000, 5), (1_000_000, 3), (5_000_000, 1)

TARGETS = (
    Target("faster than legacy", _SMALL, 40, True, _times_faster_than("legacy")),
    Target("faster than staged", _SMALL, 10, True, _times_faster_than("staged")),
    Target("faster than staged", _MEDIUM, 1.5, True, _times_faster_than("staged")),
    Target("time over limit", _SMALL, 3, False, _time_over("limit")),
    Target("time over limit", _MEDIUM, 1.25, False, _time_over("limit")),
    Target("time over limit", _LARGE, 1.1, False, _time_over("limit")),
    Target("time over floor", _LARGE, 6, False, _time_over("floor")),
    *(
        Target(name, size, bound, True, figure)
        for size, bound in ((_MEDIUM, 1.7), (_LARGE, 1.8))
        for name, figure in (
            ("two cores over one, heavy stages", _speed_up("one core", "shardrun")),
            (
                "two cores over one, events in shards",
                _speed_up_of_events("8 shards, one core", "8 shards"),
            ),
        )
    ),
    Target("CPU share, heavy stages", _MEDIUM, 0.8, True, _cpu_share),
    Target("CPU share, heavy stages", _LARGE, 0.85, True, _cpu_share),
    Target("memory of events, 32 shards", _LARGE, 1 / 3, False, _event_memory_over_default),
)

GROWTH_BOUND = 10.5
"""Time of 5 M people over that of 500 k."""

DECADE_BOUND = 1.15
"""Time of the tenth year over that of the second."""
