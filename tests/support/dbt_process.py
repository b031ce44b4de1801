"""The child program of tests.support.workforce: runs dbt command after command in one process.

Owns dbt itself, because starting it costs seconds. A line of JSON on stdin is a command, a line on
stdout its outcome. It must never judge an outcome, and holds no database between two commands.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner, dbtRunnerResult


def _describe(result: dbtRunnerResult) -> dict[str, Any]:
    nodes = getattr(result.result, "results", [])
    return {
        "success": result.success,
        "exception": result.exception and str(result.exception),
        "nodes": [
            {
                "name": getattr(node.node, "name", ""),
                "status": str(node.status),
                "message": node.message or "",
                "compiled_code": getattr(node.node, "compiled_code", None) or "",
            }
            for node in nodes
        ],
    }


def main() -> None:
    # dbt prints what it likes; the outcomes get a stream of their own
    outcomes = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    runner = dbtRunner()
    for line in sys.stdin:
        command = json.loads(line)
        os.environ.update(command["environment"])
        result = runner.invoke(command["arguments"])
        DuckDBConnectionManager.close_all_connections()
        print(json.dumps(_describe(result)), file=outcomes, flush=True)


if __name__ == "__main__":
    main()
