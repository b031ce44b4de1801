"""`python -m bench.shards`: the sharded path beside the default one, on the same census.

Times are the ledger's own, memory is the resident memory of the whole process tree, sampled while
the step ran.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from bench.contenders import SHARDRUN
from bench.machine import describe_machine
from bench.process_tree import MemorySampler
from shardrun.database import ALIAS, open_database
from shardrun.digest import digest_database
from shardrun.ledger_records import LedgerContents, read_ledger
from shardrun.stages import WorkflowStage
from shardrun.workforce.census_generation import generate_census

CONFIG = Path("config/simulation_config.yaml")
EVENTS = WorkflowStage.EVENT_GENERATION
YEAR = 2025
PATHS: dict[str, tuple[str, ...]] = {
    "default": (),
    "8 shards": ("--shards", "8", "--workers", "2"),
    "32 shards": ("--shards", "32", "--workers", "2"),
}


@dataclass(frozen=True)
class Figures:
    """One run of one path.

    Attributes:
        events: seconds of event generation, union included.
        year: seconds of all stages of the year but the first one's seeds and staging.
        overhead: seconds of event generation in which no shard ran, had each worker been busy.
        memory: peak of the process tree during event generation, in bytes.
        digest: of the result.
    """

    events: float
    year: float
    overhead: float
    memory: int
    digest: str


def main(
    employees: Annotated[int, typer.Option(help="People in the census.")] = 1_000_000,
    runs: Annotated[int, typer.Option(help="Runs of each path; the median counts.")] = 3,
    memory_limit: Annotated[str, typer.Option(help="As for shardrun run.")] = "8GB",
    output: Annotated[Path, typer.Option("-o", "--output", help="Figures as JSON.")] = Path(
        "bench/shards.json"
    ),
) -> None:
    """Run one year by each path, in turn, and compare."""
    machine = describe_machine()
    figures: dict[str, list[Figures]] = {name: [] for name in PATHS}
    err = Console(stderr=True)
    with tempfile.TemporaryDirectory(prefix="shardrun-bench-") as folder:
        census = Path(folder) / "census.parquet"
        generate_census(census, employees=employees, seed=42)
        for turn in range(runs):
            for name, flags in PATHS.items():
                own = Path(folder) / f"{name}-{turn}"
                own.mkdir()
                one = _run(own, census, (*flags, "--memory-limit", memory_limit))
                figures[name].append(one)
                err.print(f"{name:<10} {one}")
                for file in own.glob("*.duckdb"):
                    file.unlink()
    if len({one.digest for runs_of in figures.values() for one in runs_of}) != 1:
        raise SystemExit(f"the paths disagree: {figures}")
    medians = {
        name: {
            key: median(getattr(one, key) for one in runs_of)
            for key in ("events", "year", "overhead", "memory")
        }
        for name, runs_of in figures.items()
    }
    _print(medians, employees)
    output.write_text(
        json.dumps(
            {
                "date": datetime.now(UTC).date().isoformat(),
                "machine": machine,
                "employees": employees,
                "runs": runs,
                "medians": medians,
            },
            indent=2,
        )
        + "\n"
    )


def _run(folder: Path, census: Path, flags: tuple[str, ...]) -> Figures:
    database = folder / "simulation.duckdb"
    command = [
        *(str(SHARDRUN), "run", str(YEAR), "--config", str(CONFIG.absolute())),
        *("--census", str(census), "--database", str(database), *flags),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        sampler = MemorySampler(process.pid)
        said, _ = process.communicate()
        sampler.stop()
    if process.returncode:
        raise SystemExit(f"{' '.join(command)}\n{said.decode()}")
    with open_database(database) as connection:
        ledger = read_ledger(connection, ALIAS)
    seconds = {step.stage: step.seconds or 0.0 for step in ledger.steps}
    events = next(step for step in ledger.steps if step.stage is EVENTS)
    start = events.started_at.timestamp()
    not_the_years = {WorkflowStage.INITIALIZATION, WorkflowStage.REPORTING}
    return Figures(
        events=seconds[EVENTS],
        year=sum(taken for stage, taken in seconds.items() if stage not in not_the_years),
        overhead=_overhead(ledger, seconds[EVENTS]),
        memory=sampler.peak(start, start + seconds[EVENTS]),
        digest=digest_database(database).digest,
    )


def _overhead(ledger: LedgerContents, events: float) -> float:
    if not ledger.shards:
        return 0.0
    workers = len({shard.worker for shard in ledger.shards})
    return events - sum(shard.seconds for shard in ledger.shards) / workers


def _print(medians: dict[str, dict[str, float]], employees: int) -> None:
    table = Table(title=f"{employees:,} people, one year, equal digests")
    table.add_column("path")
    for heading in ("events s", "x default", "year s", "x default", "overhead s", "peak GB", "x"):
        table.add_column(heading, justify="right")
    default = medians["default"]
    for name, of in medians.items():
        table.add_row(
            name,
            f"{of['events']:.2f}",
            f"{of['events'] / default['events']:.2f}",
            f"{of['year']:.2f}",
            f"{of['year'] / default['year']:.2f}",
            f"{of['overhead']:.2f}",
            f"{of['memory'] / 1e9:.2f}",
            f"{of['memory'] / default['memory']:.2f}",
        )
    Console().print(table)


if __name__ == "__main__":
    typer.run(main)
