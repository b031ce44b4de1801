"""What README and docs tell people to type, taken out of their blocks."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
PAGES = (
    REPOSITORY / "README.md",
    *sorted((REPOSITORY / "docs").glob("*.md")),
    REPOSITORY / "shardrun" / "scaffold" / "folder" / "README.md",
    REPOSITORY / "CONTRIBUTING.md",
)

_BLOCK = re.compile(r"^```(?:console|bash|sh|shell)\n(.*?)^```", re.MULTILINE | re.DOTALL)
# a command's bare name in a sentence is no command
_IN_A_LINE = re.compile(r"`(shardrun [^`\s]+ [^`]+)`")


def documented_commands() -> list[tuple[str, ...]]:
    """Return the words of every command in a shell block or a line, each once, in their order."""
    found: dict[tuple[str, ...], None] = {}
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        lines = [
            line
            for block in _BLOCK.findall(text)
            for line in block.replace("\\\n", " ").splitlines()
        ]
        for line in [*lines, *_IN_A_LINE.findall(text)]:
            found.update(dict.fromkeys(commands_in(line)))
    return list(found)


def python_examples() -> list[str]:
    """Return the blocks of the page on Python, in their order."""
    page = REPOSITORY / "docs" / "python.md"
    return re.findall(
        r"^```python\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )


def commands_in(line: str) -> list[tuple[str, ...]]:
    """Return the words of the commands that a shell would read in one line."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars="&|;<>")
    lexer.whitespace_split = True
    commands: list[list[str]] = [[]]
    for word in lexer:
        if word in ("&&", "||", ";", "|", "&"):
            commands.append([])
        else:
            commands[-1].append(word)
    return [_without_redirection(command) for command in commands if command]


def _without_redirection(command: list[str]) -> tuple[str, ...]:
    return tuple(command[: command.index(">")] if ">" in command else command)
