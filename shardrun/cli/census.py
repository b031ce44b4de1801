"""``shardrun census``: make a census up, or bring one's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from shardrun.config.problems import key_path, problem
from shardrun.console.terminal import Terminal
from shardrun.errors import InputError
from shardrun.runs.projects import import_configured_census, load_run_config, say_import
from shardrun.workforce.census_generation import generate_census
from shardrun.workforce.parameters import CensusColumns, CensusConfig, WorkforceConfig

GENERATE_EXAMPLES = """\
[bold]Examples[/bold]

shardrun census generate --employees 60000 --seed 7 -o data/census.parquet

shardrun census generate --employees 200 -o small.csv --as-of-year 2030
"""

IMPORT_EXAMPLES = """\
[bold]Examples[/bold]

shardrun census import staff.csv -o data/census.parquet

shardrun census import staff.csv -o census.parquet --columns "employee_id=Worker No" \\
    --columns compensation=Rate --pay-period hourly --date-format %d.%m.%Y
"""

EXAMPLES = """\
[bold]Examples[/bold]

shardrun census generate -o data/census.parquet  [dim]# 60,000 people made up[/dim]

shardrun census import staff.csv -o data/census.parquet  [dim]# yours, checked row by row[/dim]
"""

app = typer.Typer(
    name="census",
    help="Make a census up, or bring your own.",
    epilog=EXAMPLES,
    no_args_is_help=True,
    add_completion=False,
)


@app.command("generate", epilog=GENERATE_EXAMPLES)
def generate(
    context: typer.Context,
    output: Annotated[Path, typer.Option("--output", "-o", help="Target, .parquet or .csv.")],
    employees: Annotated[int, typer.Option(help="How many people.")] = 60_000,
    seed: Annotated[int, typer.Option(help="The same seed makes the same people.")] = 42,
    as_of_year: Annotated[
        int, typer.Option(help="The census is taken on 31 December of this year.")
    ] = 2024,
) -> None:
    """Write a synthetic census: believable ages, tenures, levels, pay and plan enrolment."""
    terminal: Terminal = context.obj
    summary = generate_census(output, employees=employees, seed=seed, as_of_year=as_of_year)
    profile = summary.profile
    terminal.remark(
        f"{summary.path}: {profile.employees:,} people on {summary.as_of}, average pay "
        f"{profile.average_compensation:,}, {profile.participation:.0%} enrolled"
    )


@app.command("import", epilog=IMPORT_EXAMPLES)
def import_(
    context: typer.Context,
    source: Annotated[Path, typer.Argument(metavar="FILE", help="Your census, CSV or Parquet.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Target, .parquet or .csv.")],
    config: Annotated[
        Path | None, typer.Option(help="Configuration whose `census` and first year apply.")
    ] = None,
    columns: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY=NAME", help="What the file calls a column; give it repeatedly."),
    ] = None,
    date_format: Annotated[
        str | None, typer.Option(help="How dates are written, strptime; else found by itself.")
    ] = None,
    pay_period: Annotated[
        str | None, typer.Option(help="What pay is for: annual, monthly or hourly.")
    ] = None,
    as_of_year: Annotated[
        int | None, typer.Option(help="Taken on 31 December of this year.")
    ] = None,
) -> None:
    """Check a census and write it as `shardrun run` reads it; refused with rows and values.

    Not needed before a run, which does the same by itself.
    """
    terminal: Terminal = context.obj
    base = load_run_config(config)
    if not isinstance(base, WorkforceConfig):
        raise InputError("--config: its dbt project is not the workforce, and takes no census")
    given = {
        "path": source,
        "columns": _column_names(columns) if columns else None,
        "date_format": date_format,
        "pay_period": pay_period,
    }
    chosen = base.model_copy(update={"census": _census_config(base.census, given)})
    as_of = None if as_of_year is None else _census_day(as_of_year)
    imported = import_configured_census(chosen, output, as_of)
    say_import(imported, terminal.remark)
    terminal.remark(f"written to {output}")


def _column_names(pairs: Sequence[str]) -> dict[str, str]:
    names = {}
    for pair in pairs:
        key, equals, name = pair.partition("=")
        if not equals:
            raise InputError(f"--columns: {pair!r} is not KEY=NAME, such as employee_id=Worker")
        if key not in CensusColumns.model_fields:
            known = ", ".join(CensusColumns.model_fields)
            raise InputError(f"--columns: {key!r} is not a column of a census: {known}")
        names[key] = name
    return names


def _census_config(base: CensusConfig, given: Mapping[str, object]) -> CensusConfig:
    changes = {key: value for key, value in given.items() if value is not None}
    try:
        return CensusConfig.model_validate(base.model_dump() | changes)
    except ValidationError as error:
        raise InputError(
            "\n".join(
                f"{_flag(details)}: {problem(details)}"
                for details in error.errors(include_url=False)
            )
        ) from error


def _flag(details: ErrorDetails) -> str:
    option, *key = map(str, key_path(details))
    return ".".join([f"--{option.replace('_', '-')}", *key])


def _census_day(year: int) -> date:
    try:
        return date(year, 12, 31)
    except (ValueError, OverflowError):
        raise InputError(f"--as-of-year: {year} is not a year") from None
