"""Every command that documentation and help tell people to type is one that its program accepts."""

from __future__ import annotations

import re
import shlex
from pkgutil import resolve_name
from typing import Any

import pytest
from typer import Typer
from typer.main import get_command

from bench.__main__ import main as bench_main
from shardrun.cli import app
from tests.support.commands import examples, parse_command
from tests.support.documented import REPOSITORY, commands_in, documented_commands, python_examples

COMMANDS = documented_commands()
# programs of others, which nothing of ours can break
OTHERS = {"cd", "dask", "git", "kubectl", "pip", "pipx", "sbatch", "source"}
# answered by typer while it parses
ANSWERED_AT_ONCE = {("shardrun", "--install-completion")}


def shardrun() -> Any:
    return get_command(app)


def bench() -> Any:
    benchmarks = Typer()
    benchmarks.command()(bench_main)
    return get_command(benchmarks)


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_documented_command_is_one_that_exists(
    words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    match words:
        case _ if words in ANSWERED_AT_ONCE:
            assert {option for p in shardrun().params for option in p.opts} >= {words[1]}
        case "shardrun", *_:
            parse_command(shardrun(), words)
        case "dbt", *_:
            from dbt.cli.main import cli

            monkeypatch.chdir(REPOSITORY / "dbt")
            monkeypatch.setenv("DBT_PROFILES_DIR", ".")
            parse_command(cli, words)
        case "make", target, *_:
            targets = re.findall(
                r"^([\w.-]+):", (REPOSITORY / "Makefile").read_text(), re.MULTILINE
            )
            assert target in targets
            if target == "bench":
                options = words[2].removeprefix("BENCH=") if words[2:] else ""
                parse_command(bench(), ("bench", *shlex.split(options)))
        case "python", "-c", code:
            compile(code, "documented", "exec")
        case program, *rest:
            assert program in OTHERS
            if "shardrun" in rest and "--" in rest:  # they start it elsewhere
                parse_command(shardrun(), rest[rest.index("--") + 1 :])


def test_commands_of_all_kinds_are_found() -> None:
    assert {words[0] for words in COMMANDS} >= {"shardrun", "dbt", "make", "python"}
    assert ("shardrun", "init", "mysim") in COMMANDS
    assert ("shardrun", "run", "--scenario", "high_growth") in COMMANDS


def test_a_wrong_flag_in_the_documentation_would_be_noticed() -> None:
    with pytest.raises(Exception, match="No such option"):
        parse_command(shardrun(), ("shardrun", "run", "--sharps", "8"))


@pytest.mark.parametrize("line", examples())
def test_every_example_of_a_help_is_accepted(line: str) -> None:
    for words in commands_in(line.partition(" # ")[0]):
        if words[0] == "shardrun" and "COMMAND" not in words:
            parse_command(shardrun(), words)


def test_every_python_block_compiles() -> None:
    assert python_examples()
    for block in python_examples():
        compile(block, "python.md", "exec")


def test_every_name_of_the_package_that_a_text_points_to_is_there() -> None:
    pages = {"python.md": r"`(shardrun(?:\.\w+)+)`", "**/*.py": r":\w+:`~?(shardrun(?:\.\w+)+)`"}
    named = {
        name
        for pattern, points_to in pages.items()
        for folder in ("docs", "shardrun", "bench")
        for file in (REPOSITORY / folder).glob(pattern)
        for name in re.findall(points_to, file.read_text(encoding="utf-8"))
    }
    assert {"shardrun.pipeline.progress", "shardrun.runs.settings.RunSettings"} <= named
    for name in sorted(named):
        resolve_name(name)
