"""Every flag misused ends in one message that names it."""

from collections.abc import Callable, Iterator

import pytest

from tests.support.commands import commands
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


def options() -> Iterator[str]:
    """Yield each option that takes a value, behind the words of its command."""
    for words, command in commands():
        for parameter in () if hasattr(command, "commands") else command.params:
            if parameter.param_type_name == "option" and not parameter.is_flag:
                yield " ".join([*words, next(n for n in parameter.opts if n.startswith("--"))])


def test_every_option_that_takes_a_value_is_misused_at_least_once() -> None:
    def misused(option: str) -> bool:
        *command, flag = option.split()
        short = {"--output": "-o"}.get(flag, flag)
        return any(
            line.words.split()[: len(command)] == command
            and (flag in line.words.split() or short in line.words.split())
            for line in BAD
        )

    offered = list(options())
    assert "run --threads" in offered
    forgotten = [option for option in offered if not misused(option)]
    assert forgotten == [], "add them to tests/unit/bad_inputs/command_lines.py"
