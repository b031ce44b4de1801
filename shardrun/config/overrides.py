"""What the command line changes in a configuration, and how it spells years and memory.

It must never accept what the configuration file could not say: the changed config is checked anew.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Literal

from pydantic import ValidationError

from shardrun.config.periods import PeriodKind, read_periods
from shardrun.config.problems import key_path, problem, shown
from shardrun.config.simulation import ConfigT
from shardrun.config.yaml_source import KeyPath
from shardrun.errors import InputError

_GB_PER_UNIT = {"GB": Decimal(1), "MB": Decimal("0.001")}

_FLAGS: dict[KeyPath, str] = {
    ("simulation", "start_year"): "years",
    ("simulation", "end_year"): "years",
    ("simulation", "random_seed"): "seed",
    ("performance", "dbt_threads"): "--threads",
    ("performance", "memory_limit_gb"): "--memory-limit",
    ("performance", "event_sharding", "shard_count"): "--shards",
    ("performance", "event_sharding", "workers"): "--workers",
    ("performance", "event_sharding", "executor"): "--executor",
    ("performance", "event_sharding", "scheduler"): "--scheduler",
}


def with_overrides(
    config: ConfigT,
    *,
    start_year: int | None = None,
    end_year: int | None = None,
    random_seed: int | None = None,
    threads: int | None = None,
    memory_limit_gb: Decimal | None = None,
    shards: int | Literal["auto"] | None = None,
    workers: int | None = None,
    executor: str | None = None,
    scheduler: str | None = None,
    keep_shards: bool | None = None,
) -> ConfigT:
    """Return `config` with what was given on the command line in place of its own values.

    Args:
        config: the configuration as loaded; None below keeps its value.
        start_year: the first simulated year.
        end_year: the last simulated year, included.
        random_seed: of every random draw.
        threads: dbt nodes at once.
        memory_limit_gb: memory of all processes in GB.
        shards: number of event shards; one turns sharding off, any other turns it on.
        workers: how many shards run at a time.
        executor: what runs them.
        scheduler: the address of a cluster's scheduler.
        keep_shards: whether their files stay.

    Raises:
        InputError: if a value is out of range; names the flag.
    """
    data = config.model_dump()
    given: Mapping[KeyPath, Any] = {
        ("simulation", "start_year"): start_year,
        ("simulation", "end_year"): end_year,
        ("simulation", "random_seed"): random_seed,
        ("performance", "dbt_threads"): threads,
        ("performance", "memory_limit_gb"): memory_limit_gb,
        ("performance", "event_sharding", "shard_count"): shards,
        ("performance", "event_sharding", "enabled"): None if shards is None else shards != 1,
        ("performance", "event_sharding", "workers"): workers,
        ("performance", "event_sharding", "executor"): executor,
        ("performance", "event_sharding", "scheduler"): scheduler,
        ("performance", "event_sharding", "keep_shards"): keep_shards,
    }
    for at, value in given.items():
        if value is not None:
            _put(data, at, value)
    try:
        return type(config).model_validate(data).read_at(config.location)
    except ValidationError as error:
        raise InputError(
            "\n".join(
                f"{_FLAGS[key_path(details)]}: {problem(details)}"
                for details in error.errors(include_url=False)
            )
        ) from error


def parse_years(text: str, kind: PeriodKind = "year") -> tuple[int, int]:
    """Return the first and last year of `2025-2029` or `2027`, or other periods than years.

    Raises:
        InputError: if it is neither, or they are not in order, or too many.
    """
    try:
        return read_periods(kind, text)
    except ValueError as error:
        raise InputError(f"{kind}s: {error}") from error


def parse_memory(text: str) -> Decimal:
    """Return the GB (10^9 bytes) in `8GB`, `0.5GB` or `512MB`.

    Raises:
        InputError: if it is not written so.
    """
    match = re.fullmatch(r"([0-9]{1,9}(?:\.[0-9]{1,6})?) ?([GM]B)", text.strip().upper())
    if match is None:
        raise InputError(
            f"--memory-limit: {shown(text)} is not an amount of memory; "
            "write it in GB or MB, such as 8GB or 512MB"
        )
    return Decimal(match[1]) * _GB_PER_UNIT[match[2]]


def parse_shards(text: str) -> int | Literal["auto"]:
    """Return the number of shards in `8`, or `auto`.

    Raises:
        InputError: if it is neither.
    """
    if text == "auto":
        return "auto"
    if re.fullmatch(r"-?[0-9]{1,9}", text) is None:
        raise InputError(f"--shards: {shown(text)} is no number of shards; write one, or auto")
    return int(text)


def _put(config: dict[str, Any], at: KeyPath, value: object) -> None:
    section: Any = config
    for key in at[:-1]:
        section = section[key]
    section[at[-1]] = value
