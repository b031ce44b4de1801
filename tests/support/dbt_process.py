"""The child program of tests.support.plain_dbt: runs dbt command after command in one process.

Owns dbt itself, because starting it costs seconds. A line of JSON on stdin is a command, a line on
stdout its outcome. It must never import shardrun, nor judge an outcome; it keeps nothing between
two commands: no variable, no folder, no database.
"""

from __future__ import annotations

import io
import json
import os
import sys
from contextlib import redirect_stdout
from typing import Any

from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner


def _invoke(command: dict[str, Any]) -> dict[str, Any]:
    before = dict(os.environ)
    os.environ.update(command["environment"])
    os.chdir(command["folder"])
    said = io.StringIO()
    try:
        with redirect_stdout(said):
            result = dbtRunner().invoke(command["arguments"])
    finally:
        DuckDBConnectionManager.close_all_connections()
        os.environ.clear()
        os.environ.update(before)
    exception = result.exception and f"{result.exception}\n"
    return {"success": result.success, "said": said.getvalue() + (exception or "")}


def main() -> None:
    # what anything else prints goes elsewhere; the outcomes get a stream of their own
    outcomes = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    for line in sys.stdin:
        print(json.dumps(_invoke(json.loads(line))), file=outcomes, flush=True)


if __name__ == "__main__":
    main()
