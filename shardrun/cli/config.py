"""``shardrun config``: the configuration file, for the editor it is written in."""

from __future__ import annotations

import typer

from shardrun.cli.options import ConfigOption
from shardrun.config.schema import config_schema
from shardrun.console.terminal import Terminal
from shardrun.runs.projects import config_model

SCHEMA_EXAMPLES = """\
[bold]Examples[/bold]

shardrun config schema > config/simulation_config.schema.json

shardrun config schema --config loans/simulation_config.yaml > loans/simulation_config.schema.json
"""

app = typer.Typer(
    name="config",
    help="The configuration file.",
    epilog=SCHEMA_EXAMPLES,
    no_args_is_help=True,
    add_completion=False,
)


@app.callback()
def _commands() -> None:
    """The configuration file, for the editor it is written in."""


@app.command("schema", epilog=SCHEMA_EXAMPLES)
def schema(context: typer.Context, config: ConfigOption = None) -> None:
    """Print the JSON Schema of the configuration, by which editors complete and check it.

    An editor finds it by the first line of the file:
    `# yaml-language-server: $schema=simulation_config.schema.json`
    """
    terminal: Terminal = context.obj
    terminal.show_document(config_schema(config_model(config)))
