"""A run's progress as JSON, a line an event, for schedulers and log collectors.

Owns the names and fields of the lines. It must never decide what is worth telling: every event
is told.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from pathlib import Path

from shardrun.pipeline.progress import ProgressEvent, RunStarted, ShardChanged

Line = dict[str, object]


class JsonLines:
    """Tells each event as a mapping: its name, such as `step_finished`, and its fields."""

    def __init__(self, write: Callable[[Line], None]) -> None:
        """Hand the mappings to ``write``."""
        self._write = write

    def __call__(self, event: ProgressEvent) -> None:
        """Tell what happened."""
        name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", type(event).__name__).lower()
        match event:
            case RunStarted(run_id, plan, done):
                self._write(
                    {
                        "event": name,
                        "run_id": run_id,
                        "steps": [{"stage": step.stage, "year": step.year} for step in plan],
                        "done": [{"stage": stage, "year": year} for stage, year in sorted(done)],
                    }
                )
            case ShardChanged(progress):
                self._write({"event": name, **_fields(progress)})
            case _:
                self._write({"event": name, **_fields(event)})


def _fields(value: object) -> Line:
    """Return the fields of a record as JSON knows them."""
    if not is_dataclass(value):
        raise TypeError(f"{type(value).__name__} is no record")
    return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}


def _plain(value: object) -> object:
    match value:
        case None | bool() | int() | float():
            return value
        case str() | Path():
            return str(value)
        case list() | tuple() | frozenset():
            return [_plain(each) for each in value]
        case dict():
            return {str(key): _plain(each) for key, each in value.items()}
        case _ if is_dataclass(value):
            return _fields(value)
        case _:
            raise TypeError(f"no JSON for {type(value).__name__}")
