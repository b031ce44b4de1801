"""Arguments and options that more than one command has."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

DEFAULT_DATABASE = Path("simulation.duckdb")

JsonOption = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]
DatabaseArgument = Annotated[
    Path, typer.Argument(metavar="DATABASE", help="A database that `shardrun run` made.")
]
