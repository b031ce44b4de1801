"""Every command of the command line, found in the command line itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from rich.text import Text
from typer.main import get_command

from shardrun.cli import app
from shardrun.cli.lazy_command import LazyCommand


def command_names() -> list[str]:
    """Return the commands as one types them, groups too; the first is shardrun itself."""
    return [" ".join(path) for path, _ in commands()]


def commands() -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield the words and the command of each, groups too; the first is shardrun itself."""
    yield from _commands(get_command(app), ())


def examples() -> list[str]:
    """Return the lines of all examples of all commands' help, as they are typed."""
    return [
        line
        for _, command in commands()
        for line in Text.from_markup(command.epilog).plain.replace("\\\n", " ").splitlines()
        if line.startswith("shardrun")
    ]


def parse_command(program: Any, words: Sequence[str]) -> None:
    """Let a program's own parser read a command, without running it.

    Args:
        program: a group of click or typer.
        words: what is typed, the program's name first.
    """
    name, *rest = words
    context = program.make_context(name, rest)
    while hasattr(program, "commands"):
        name, program, rest = program.resolve_command(
            context, [*context._protected_args, *context.args]
        )
        context = program.make_context(name, rest, parent=context)
        program = context.command


def _commands(command: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    if isinstance(command, LazyCommand):
        command = command.load()
    yield path, command
    for name, child in getattr(command, "commands", {}).items():
        yield from _commands(child, (*path, name))
