"""Arguments and options that more than one command has."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

FLAG = ""
"""The metavar of an option that takes no value; typer would say <bool>."""

JsonOption = Annotated[
    bool, typer.Option("--json", metavar=FLAG, help="One JSON document on stdout.")
]
YearsArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="YEARS", help="First and last year, 2025-2029, or one; else the config's."
    ),
]
ConfigOption = Annotated[
    Path | None,
    typer.Option(help="Configuration file; config/simulation_config.yaml where there is one."),
]
CensusOption = Annotated[
    Path | None, typer.Option(help="Census file, Parquet or CSV; else the config's.")
]
DatabaseArgument = Annotated[
    Path, typer.Argument(metavar="DATABASE", help="A database that `shardrun run` made.")
]
