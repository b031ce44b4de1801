"""Every flag misused ends in one message that names it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import typer

from shardrun.cli import app
from tests.support.desk import Desk
from tests.unit.bad_inputs.command_lines import BAD, CommandLine

RecordProperty = Callable[[str, object], None]


@pytest.mark.parametrize("line", BAD, ids=lambda line: line.words[:80].replace("/", ":"))
def test_a_bad_command_line_is_refused_by_name(
    line: CommandLine, desk: Desk, record_property: RecordProperty
) -> None:
    said = " ".join(desk.refuse(*line.arguments).split())
    assert line.says in said
    record_property("bad inputs refused", 1)


def options(command: Any, *names: str) -> Iterator[str]:
    """Yield each option that takes a value, behind the words of its command."""
    if hasattr(command, "commands"):
        for name, below in command.commands.items():
            yield from options(below, *names, name)
        return
    for parameter in command.params:
        if parameter.param_type_name == "option" and not parameter.is_flag:
            yield " ".join([*names, next(n for n in parameter.opts if n.startswith("--"))])


def test_every_option_that_takes_a_value_is_misused_at_least_once() -> None:
    def misused(option: str) -> bool:
        *command, flag = option.split()
        short = {"--output": "-o"}.get(flag, flag)
        return any(
            line.words.split()[: len(command)] == command
            and (flag in line.words.split() or short in line.words.split())
            for line in BAD
        )

    offered = list(options(typer.main.get_command(app)))
    assert "run --threads" in offered
    forgotten = [option for option in offered if not misused(option)]
    assert forgotten == [], "add them to tests/unit/bad_inputs/command_lines.py"
