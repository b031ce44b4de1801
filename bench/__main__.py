"""`python -m bench`: run the contenders side by side, check that they agree, print the ratios."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from bench.comparison import ON_RESULT, Comparison, OnResult
from bench.contenders import CONTENDERS, DEFAULT, LEGACY, ON_ONE_CORE, Contender
from bench.growth import Growth
from bench.limit import run_limit
from bench.machine import describe_machine
from bench.smallpond_contender import run_smallpond
from bench.tables import print_size, print_verdicts
from bench.targets import DECADE_BOUND, GROWTH_BOUND, Verdict, judge, verdict
from shardrun.config.overrides import parse_memory, with_overrides
from shardrun.config.simulation import load_config
from shardrun.workforce.parameters import WorkforceConfig

CONFIG = Path("config/simulation_config.yaml")
LEGACY_PEOPLE = 100_000
"""Beyond this, legacy runs only where it is asked for by name."""

ALL_CONTENDERS: Mapping[str, Contender] = {**CONTENDERS, "limit": run_limit, **ON_ONE_CORE}


def main(
    size: Annotated[
        list[str] | None,
        typer.Option(metavar="PEOPLExYEARS", help="Such as 1000000x3; once for each. 60000x5."),
    ] = None,
    contender: Annotated[
        list[str] | None,
        typer.Option(
            help="Once for each of: "
            + ", ".join([*CONTENDERS, "limit", *ON_RESULT])
            + ". Else all."
        ),
    ] = None,
    one_core: Annotated[
        bool, typer.Option("--one-core", help="Those on one core and one worker, too.")
    ] = False,
    polars: Annotated[
        bool, typer.Option("--polars", help="Events by hand in polars (group bench), too.")
    ] = False,
    smallpond: Annotated[
        Path | None,
        typer.Option(
            metavar="PYTHON",
            help="Events by smallpond, too: the Python of an environment that has it "
            "(make .venv-smallpond/installed).",
        ),
    ] = None,
    growth: Annotated[
        str | None,
        typer.Option(metavar="FEWER-MORE", help="People, such as 500000-5000000: time of a year."),
    ] = None,
    decade: Annotated[
        int | None, typer.Option(metavar="PEOPLE", help="Ten years of so many: 10th over 2nd.")
    ] = None,
    runs: Annotated[int, typer.Option(help="Runs of each contender; the median counts.")] = 3,
    legacy_runs: Annotated[int, typer.Option(help="Runs of legacy; it takes minutes.")] = 1,
    memory_limit: Annotated[str, typer.Option(help="As for shardrun run.")] = "8GB",
    output: Annotated[Path, typer.Option("-o", "--output", help="Figures as JSON.")] = Path(
        "bench/results.json"
    ),
) -> None:
    """Run the same project through each contender, in turn, and compare."""
    machine = describe_machine()
    config = with_overrides(
        load_config(CONFIG, WorkforceConfig), memory_limit_gb=parse_memory(memory_limit)
    )
    first = config.simulation.start_year
    err = Console(stderr=True)
    sizes: list[dict[str, Any]] = []
    verdicts: dict[str, list[Verdict]] = {}
    with tempfile.TemporaryDirectory(prefix="shardrun-bench-") as temporary:
        folder = Path(temporary)
        only_growth = size is None and (growth or decade)
        for people, years in [] if only_growth else map(_parse_size, size or ["60000x5"]):
            chosen, on_result = _chosen(contender, people, one_core=one_core)
            if polars:
                from bench.polars_contender import run_polars

                on_result["polars, a year"] = run_polars
            if smallpond:
                on_result["smallpond, a year"] = partial(run_smallpond, smallpond)
            own = folder / f"{people}x{years}"
            own.mkdir()
            err.print(f"{people:,} people, {years} years")
            figures = Comparison(
                people,
                with_overrides(config, start_year=first, end_year=first + years - 1),
                CONFIG.absolute(),
                chosen,
                on_result,
                runs,
                legacy_runs,
            ).run(own, err.print)
            sizes.append({"people": people, "years": years, "contenders": figures})
            verdicts[f"{people:,} x {years}"] = judge(people, years, figures)
            print_size(people, years, figures)
        grown = Growth(config, CONFIG.absolute(), folder)
        people_growth = grown.with_people(*map(int, growth.split("-"))) if growth else None
        years_growth = grown.over_years(decade) if decade else None
    if people_growth:
        name = "time of the larger population over the smaller's"
        verdicts[growth or ""] = [verdict(name, GROWTH_BOUND, people_growth["ratio"])]
    if years_growth:
        name = "time of the tenth year over the second's"
        verdicts[f"{decade:,} x 10"] = [verdict(name, DECADE_BOUND, years_growth["ratio"])]
    print_verdicts(verdicts)
    document = {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": machine,
        "runs": runs,
        "memory_limit": memory_limit,
        "sizes": sizes,
        "growth": people_growth,
        "decade": years_growth,
        "targets": {name: [asdict(one) for one in of_size] for name, of_size in verdicts.items()},
    }
    output.write_text(json.dumps(document, indent=2) + "\n")


def _parse_size(text: str) -> tuple[int, int]:
    people, _, years = text.partition("x")
    if not (people.isdigit() and years.isdigit() and int(people) and int(years)):
        raise typer.BadParameter(f"{text} is not PEOPLExYEARS, such as 60000x5")
    return int(people), int(years)


def _chosen(
    names: list[str] | None, people: int, *, one_core: bool
) -> tuple[dict[str, Contender], dict[str, OnResult]]:
    """Return the contenders of a size, the default path first."""
    on_result = dict(ON_RESULT)
    if unknown := set(names or ()) - set(ALL_CONTENDERS) - set(on_result):
        raise typer.BadParameter(f"there is no contender {', '.join(sorted(unknown))}")
    if names is None:
        wanted = {*CONTENDERS, "limit", *on_result, *(ON_ONE_CORE if one_core else ())}
        if people > LEGACY_PEOPLE:
            wanted.remove(LEGACY)
    else:
        wanted = {DEFAULT, *names, *(ON_ONE_CORE if one_core else ())}
    return (
        {name: run for name, run in ALL_CONTENDERS.items() if name in wanted},
        {name: run for name, run in on_result.items() if name in wanted},
    )


if __name__ == "__main__":
    typer.run(main)
