"""``shardrun shard``: one shard alone, to look into."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from shardrun.cli.options import FLAG, ConfigOption, JsonOption
from shardrun.config.simulation import MAX_SHARDS
from shardrun.console.shards import isolated_shard_document, isolated_shard_view
from shardrun.console.terminal import Terminal
from shardrun.errors import InputError
from shardrun.runs.execution import DEFAULT_DATABASE
from shardrun.runs.projects import load_run_config

EXAMPLES = """\
[bold]Examples[/bold]

shardrun shard 3 --of 8 --year 2027

shardrun shard --key E0000042 --year 2027 --with-inputs
"""

app = typer.Typer(add_completion=False)


@app.command("shard", epilog=EXAMPLES)
def shard(
    context: typer.Context,
    year: Annotated[int, typer.Option(help="Which simulated year.")],
    index: Annotated[
        int | None, typer.Argument(metavar="I", help="Which shard, from 0.", min=0)
    ] = None,
    of: Annotated[
        int | None,
        typer.Option("--of", metavar="N", help="How many shards.", min=1, max=MAX_SHARDS),
    ] = None,
    key: Annotated[
        str | None, typer.Option("--key", metavar="ID", help="One entity's id: a shard of one.")
    ] = None,
    database: Annotated[
        Path, typer.Option(help="A database that `shardrun run` made, finished or not.")
    ] = DEFAULT_DATABASE,
    config: ConfigOption = None,
    with_inputs: Annotated[
        bool,
        typer.Option(
            "--with-inputs", metavar=FLAG, help="Copy the input rows too: a file that stands alone."
        ),
    ] = False,
    json: JsonOption = False,
) -> None:
    """Run one shard alone, on one thread, and compare it with the table; changes nothing.

    Leaves the shard file with every model as a table, and the SQL of each model, in the folder
    beside the database. The settings are the run's, as the database records them; --config only
    says which project it was.
    """
    # dbt takes a second to import; a refusal shall not wait for it.
    from shardrun.runs.isolated_shard import run_isolated_shard
    from shardrun.runs.isolated_task import ShardOfOne, entity_shard
    from shardrun.sharding.shards import Shard

    terminal: Terminal = context.obj
    terminal.json = json
    if key is not None:
        if index is not None or of is not None:
            raise InputError("--key: is a shard of its own; leave out I and --of")
        wanted: Shard | ShardOfOne = entity_shard(year, key)
    elif index is None or of is None:
        raise InputError("give a shard as I --of N, such as 3 --of 8, or an entity as --key ID")
    elif index >= of:
        raise InputError(f"there is no shard {index} of {of}: they are 0 to {of - 1}")
    else:
        wanted = Shard(year, index, of)
    isolated = run_isolated_shard(
        load_run_config(config), database, wanted, with_inputs=with_inputs
    )
    for change in isolated.changes:
        terminal.remark(f"warning: not as it was in the run: {change}")
    if config is not None and isolated.overruled:
        terminal.remark(
            f"note: made with the run's settings, which {database} records; {config} has other: "
            f"{', '.join(isolated.overruled)}"
        )
    if json:
        terminal.show_document(isolated_shard_document(isolated))
    else:
        terminal.show(isolated_shard_view(isolated))
