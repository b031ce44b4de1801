"""``shardrun check``: would it run, and may it run in shards?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from shardrun.cli.options import (
    FLAG,
    CensusOption,
    ConfigOption,
    JsonOption,
    YearsArgument,
)
from shardrun.config.overrides import parse_shards, with_overrides
from shardrun.console.check import check_document, check_view
from shardrun.console.progress import show_progress
from shardrun.console.terminal import Terminal
from shardrun.database.run_folder import RunFolder
from shardrun.errors import InputError
from shardrun.runs.execution import DEFAULT_DATABASE
from shardrun.runs.projects import project_inputs
from shardrun.runs.settings import configure

EXAMPLES = """\
[bold]Examples[/bold]

shardrun check

shardrun check --census staff.csv --compare --shards 8
"""

app = typer.Typer(add_completion=False)


@app.command("check", epilog=EXAMPLES)
def check(
    context: typer.Context,
    years: YearsArgument = None,
    config: ConfigOption = None,
    census: CensusOption = None,
    database: Annotated[
        Path, typer.Option(help="Where the run would write; only its folder is used.")
    ] = DEFAULT_DATABASE,
    compare: Annotated[
        bool,
        typer.Option(
            "--compare", metavar=FLAG, help="Run the first year both ways, on all of the census."
        ),
    ] = False,
    shards: Annotated[
        str | None, typer.Option(metavar="N", help="For --compare; else the config's shard_count.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Check config, census and project, and whether the events may be generated in shards.

    Reads the SQL that dbt compiles for the events and refuses what is not decided by one entity's
    rows: model, line, reason, what to do. Exits with 2 where it refuses or --compare differs.
    """
    # dbt takes a second to import; a refusal shall not wait for it.
    from shardrun.runs.project_check import check_project, compare_paths

    terminal: Terminal = context.obj
    terminal.json = json
    chosen = configure(
        config, years=years, census=census, shards=parse_shards(shards) if shards else None
    )
    folder = RunFolder(database.resolve())
    importers = project_inputs(chosen, terminal.remark)
    found = check_project(chosen, importers, folder)
    difference = None
    if compare and found.table is not None and not found.violations:
        count = chosen.performance.event_sharding.shard_count
        if count in (1, "auto"):
            raise InputError("--compare: name the shards to try with --shards, 2 or more")
        silent = project_inputs(chosen, lambda _: None)
        with show_progress(terminal) as listener:
            difference = compare_paths(
                with_overrides(chosen, shards=count), silent, folder, listener
            )
    if json:
        terminal.show_document(check_document(found, difference))
    else:
        terminal.show(check_view(found, difference))
    if found.violations or (difference is not None and not difference.equal):
        raise typer.Exit(InputError.exit_code)
