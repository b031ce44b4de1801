"""From the settings that a call or a command line gives to the configuration of a run.

Owns which settings there are: they are listed here, once, for every call that takes them. It must
never start anything.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from functools import wraps
from pathlib import Path
from typing import Literal, ParamSpec, TypedDict, TypeVar, Unpack, cast, get_type_hints

from shardrun.config.overrides import parse_memory, parse_years, with_overrides
from shardrun.config.periods import PeriodKind
from shardrun.config.simulation import SimulationConfig
from shardrun.errors import InputError
from shardrun.runs.projects import load_run_config, rooted, with_census

P = ParamSpec("P")
R = TypeVar("R")

Years = str | int | tuple[int, int]


class SharedSettings(TypedDict, total=False):
    """Settings of one run and of several; what is left out, or None, is the configuration's.

    Attributes:
        years: first and last, (2025, 2029) or "2025-2029", or one.
        census: a Parquet or CSV file.
        threads: dbt nodes at once.
        memory_limit: of all processes together, such as "8GB".
        workers: shards, or runs, at once.
    """

    years: Years | None
    census: str | Path | None
    threads: int | None
    memory_limit: str | None
    workers: int | None


class RunSettings(SharedSettings, total=False):
    """Settings of one run; what is left out, or None, is the configuration's.

    Attributes:
        seed: of every random draw.
        shards: event generation in so many, in processes; "auto" chooses, 1 means none.
        executor: what runs shards: "loky", "inline" or "dask".
        scheduler: of a Dask cluster, such as "tcp://host:8786".
        keep_shards: whether the shard files stay after the union.
    """

    seed: int | None
    shards: int | Literal["auto"] | None
    executor: str | None
    scheduler: str | None
    keep_shards: bool


def configure(
    config: str | Path | SimulationConfig | None = None,
    *,
    directory: Path = Path(),
    scenario: str | None = None,
    debug: bool = False,
    **settings: Unpack[RunSettings],
) -> SimulationConfig:
    """Return the configuration of a run.

    Args:
        config: a file, or a configuration; None means the default file where there is one.
        directory: what every relative path is relative to.
        scenario: the name of what is laid over the file; None lays nothing.
        debug: one dbt node at once, whatever the settings say.
        **settings: see :class:`RunSettings`.

    Raises:
        InputError: something given is not acceptable.
    """
    if isinstance(config, SimulationConfig):
        if scenario is not None:
            raise InputError("scenario: lies over a file; name the file, or leave the scenario out")
        base = rooted(config, directory)
    else:
        file = None if config is None else Path(config)
        base = load_run_config(file, scenario, directory)
    start_year, end_year = _first_and_last(settings.get("years"), base.simulation.period)
    memory_limit = settings.get("memory_limit")
    chosen = with_overrides(
        base,
        start_year=start_year,
        end_year=end_year,
        random_seed=settings.get("seed"),
        threads=1 if debug else settings.get("threads"),
        memory_limit_gb=None if memory_limit is None else parse_memory(memory_limit),
        shards=settings.get("shards"),
        workers=settings.get("workers"),
        executor=settings.get("executor"),
        scheduler=settings.get("scheduler"),
        keep_shards=settings.get("keep_shards") or None,
    )
    census = settings.get("census")
    return chosen if census is None else with_census(chosen, directory / census)


def configure_each(
    scenarios: Iterable[str],
    config: str | Path | SimulationConfig | None = None,
    *,
    directory: Path = Path(),
    debug: bool = False,
    **settings: Unpack[RunSettings],
) -> dict[str, SimulationConfig]:
    """Return the configurations of scenarios, by name; see :func:`configure` for the arguments.

    Args:
        scenarios: their names; an empty one is the configuration itself.
        config: a file, or a configuration.
        directory: what every relative path is relative to.
        debug: one dbt node at once.
        **settings: of all of them.

    Raises:
        InputError: something given is not acceptable.
    """
    return {
        name: configure(config, directory=directory, scenario=name or None, debug=debug, **settings)
        for name in scenarios
    }


def spelled_out(call: Callable[P, R]) -> Callable[P, R]:
    """Give a function whose last parameter is ``**settings`` a signature that lists each of them.

    Editors read them from the typed dict; notebooks complete, and `help` shows, what the signature
    says. A keyword that is not in it is refused as Python refuses one.
    """
    own = inspect.signature(call)
    *given, settings = own.parameters.values()
    (listed,) = get_type_hints(call)[settings.name].__args__
    keywords = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=hint)
        for name, hint in get_type_hints(listed).items()
    ]
    signature = own.replace(parameters=[*given, *keywords])

    @wraps(call)
    def checked(*args: P.args, **kwargs: P.kwargs) -> R:
        signature.bind(*args, **kwargs)
        return call(*args, **kwargs)

    cast("object", checked).__dict__["__signature__"] = signature
    return checked


def _first_and_last(years: Years | None, kind: PeriodKind) -> tuple[int | None, int | None]:
    if years is None:
        return None, None
    if isinstance(years, str):
        return parse_years(years, kind)
    return (years, years) if isinstance(years, int) else years
