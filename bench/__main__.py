"""`python -m bench`: run the contenders side by side, check that they agree, print the ratios."""

from __future__ import annotations

import json
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from bench.contenders import CONTENDERS, Workspace
from bench.limit import run_floor, run_limit
from bench.machine import describe_machine
from shardrun.config import load_config
from shardrun.digest import digest_database
from shardrun.overrides import parse_years, with_overrides
from shardrun.workforce.census_generation import generate_census
from shardrun.workforce.parameters import WorkforceConfig

CONFIG = Path("config/simulation_config.yaml")


def main(
    years: Annotated[str, typer.Argument(help="Simulated years.")] = "2025-2029",
    employees: Annotated[int, typer.Option(help="People in the census.")] = 60_000,
    runs: Annotated[int, typer.Option(help="Runs of each contender; the median counts.")] = 3,
    legacy_runs: Annotated[int, typer.Option(help="Runs of legacy; it takes minutes.")] = 1,
    output: Annotated[Path, typer.Option("-o", "--output", help="Figures as JSON.")] = Path(
        "bench/results.json"
    ),
) -> None:
    """Run the same project through each contender, in turn, and compare."""
    start_year, end_year = parse_years(years)
    config = with_overrides(
        load_config(CONFIG, WorkforceConfig), start_year=start_year, end_year=end_year
    )
    machine = describe_machine()
    contenders = {**CONTENDERS, "limit": run_limit}
    seconds: dict[str, list[float]] = {name: [] for name in (*contenders, "floor")}
    digests: dict[str, str] = {}
    err = Console(stderr=True)
    with tempfile.TemporaryDirectory(prefix="shardrun-bench-") as folder:
        census = Path(folder) / "census.parquet"
        generate_census(census, employees=employees, seed=42)
        for turn in range(max(runs, legacy_runs)):
            for name, contender in contenders.items():
                if turn >= (legacy_runs if name == "legacy" else runs):
                    continue
                workspace = _workspace(Path(folder) / f"{name}-{turn}", config, census)
                seconds[name].append(contender(workspace))
                digests[name] = digest_database(workspace.database).digest
                err.print(f"{name:<10} {seconds[name][-1]:8.2f} s  {digests[name]}")
                if name == "limit":
                    copy = _workspace(Path(folder) / f"floor-{turn}", config, census)
                    seconds["floor"].append(run_floor(workspace.database, copy))
                    err.print(f"{'floor':<10} {seconds['floor'][-1]:8.2f} s")
    if len(set(digests.values())) != 1:
        raise SystemExit(f"the contenders disagree: {digests}")
    medians = {name: median(values) for name, values in seconds.items() if values}
    _print(medians, employees, years)
    output.write_text(
        json.dumps(
            {
                "date": datetime.now(UTC).date().isoformat(),
                "machine": machine,
                "employees": employees,
                "years": years,
                "seconds": seconds,
                "median_seconds": medians,
                "times_faster": {
                    name: value / medians["shardrun"] for name, value in medians.items()
                },
                "shardrun_over": {
                    name: medians["shardrun"] / medians[name] for name in ("limit", "floor")
                },
                "digest": next(iter(digests.values())),
            },
            indent=2,
        )
        + "\n"
    )


def _workspace(folder: Path, config: WorkforceConfig, census: Path) -> Workspace:
    folder.mkdir()
    return Workspace(folder, config, CONFIG.absolute(), census)


def _print(medians: dict[str, float], employees: int, years: str) -> None:
    table = Table(title=f"{employees:,} people, {years}; equal digests")
    for heading in ("contender", "median seconds", "of shardrun's time"):
        table.add_column(heading, justify="left" if heading == "contender" else "right")
    for name, value in medians.items():
        table.add_row(name, f"{value:.2f}", f"{value / medians['shardrun']:.1f}x")
    Console().print(table)


if __name__ == "__main__":
    typer.run(main)
