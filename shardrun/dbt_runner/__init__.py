"""dbt, kept in this process or called by its command line, behind one interface.

The only part of shardrun that imports dbt, and it does so with the first command: importing this
package stays cheap.
"""

from __future__ import annotations

from shardrun.dbt_runner.dbt_parts import import_dbt
from shardrun.dbt_runner.manifest_file import read_manifest
from shardrun.dbt_runner.results import DbtCommandResult, NodeResult, failure_message
from shardrun.dbt_runner.runner import DbtRunner

__all__ = [
    "DbtCommandResult",
    "DbtRunner",
    "NodeResult",
    "failure_message",
    "import_dbt",
    "read_manifest",
]
