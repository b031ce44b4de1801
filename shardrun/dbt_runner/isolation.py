"""What dbt changes in the process that hosts it, undone after every use.

Owns stdout, working directory, environment, loggers and garbage collector around a use of dbt as a
library. It must never decide what dbt does.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import chdir, contextmanager, redirect_stdout
from pathlib import Path
from typing import Any

from dbt.selected_resources import set_selected_resources
from dbt_common.events.base_types import BaseEvent, EventLevel
from dbt_common.events.event_manager import EventManager
from dbt_common.events.event_manager_client import cleanup_event_logger, ctx_set_event_manager

from shardrun.garbage import rare_collection

_DBT_LOGGERS = ("file_log", "stdout_log")


class _InfoEvents(EventManager):
    """Drops debug events before they are formatted: formatting them takes dbt a tenth longer."""

    def fire_event(
        self,
        e: BaseEvent,
        level: EventLevel | None = None,
        node: Any = None,
        force_warn_or_error_handling: bool = False,
    ) -> None:
        if (level or e.level_tag()) not in (EventLevel.DEBUG, EventLevel.TEST):
            super().fire_event(e, level, node, force_warn_or_error_handling)


@contextmanager
def dbt_inside(environment: Mapping[str, str], *, debug: bool) -> Iterator[None]:
    """Use dbt as a library within, and find the process as it was after it.

    Args:
        environment: environment variables that dbt sees beside those of the process.
        debug: whether dbt's debug events, the SQL it runs among them, can be logged.
    """
    ctx_set_event_manager(EventManager() if debug else _InfoEvents())
    set_selected_resources(set())  # else the selection of the last command
    with (
        chdir(Path.cwd()),
        redirect_stdout(sys.stderr),
        _environment(environment),
        rare_collection(),
    ):
        try:
            yield
        finally:
            _close_loggers()


@contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _close_loggers() -> None:
    """Close dbt's log files: dbt only forgets them, one for every command."""
    cleanup_event_logger()
    for name in _DBT_LOGGERS:
        logger = logging.getLogger(name)
        for handler in list(logger.handlers):
            logger.removeHandler(handler)
            handler.close()
