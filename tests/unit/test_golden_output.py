"""What people read, word by word: `pytest --snapshot-update` takes over what is meant to change."""

from __future__ import annotations

import sys
from pathlib import Path

import pexpect
import pytest
from syrupy.assertion import SnapshotAssertion

from tests.support.command_line import environment
from tests.support.commands import command_names
from tests.support.in_process import Invoked, invoke
from tests.support.live_terminal import COLOUR


def text(said: Invoked) -> str:
    """Return both streams and the exit code, without the blanks that end lines."""
    lines = [line.rstrip() for line in (said.stdout + said.stderr).splitlines()]
    return "\n".join([*lines, f"exit code {said.returncode}"])


@pytest.mark.parametrize("command", command_names(), ids=lambda name: name or "shardrun")
def test_every_help_teaches_by_examples(command: str, snapshot: SnapshotAssertion) -> None:
    shown = invoke(*command.split(), "--help")
    assert f"shardrun {command}".strip() in shown.stdout.partition("Examples")[2]
    assert text(shown) == snapshot


@pytest.mark.parametrize("words", ["--help", "run --help", "run --dry-run 2025-2026"])
def test_a_narrow_window_holds_every_line(words: str, snapshot: SnapshotAssertion) -> None:
    shown = invoke(*words.split(), width=40)
    assert max(len(line.rstrip()) for line in shown.stdout.splitlines()) <= 40
    assert text(shown) == snapshot


@pytest.mark.parametrize(
    "words",
    [
        "run --dry-run 2025-2026",
        "run 2029-2025",
        "run --thread 2",
        "run --threads many",
        "runs",
        "status nowhere.duckdb",
        "shard 3 --year 2027",
        "census generate",
        "census import staff.csv -o census.parquet",
        "--version",
    ],
)
def test_plans_and_refusals_read_as_they_should(
    words: str, snapshot: SnapshotAssertion, tmp_path: Path
) -> None:
    assert text(invoke(*words.split(), cwd=tmp_path)) == snapshot


@pytest.mark.parametrize("plain", [True, False])
def test_no_color_takes_the_colours_out_of_a_real_terminal(plain: bool, tmp_path: Path) -> None:
    variables = {"TERM": "xterm-256color"} | ({"NO_COLOR": "1"} if plain else {})
    inherited = environment(**variables)
    if not plain:
        inherited.pop("NO_COLOR", None)
    shown, _ = pexpect.run(
        f"{sys.executable} -m shardrun status nowhere.duckdb",
        cwd=str(tmp_path),
        env=inherited,
        withexitstatus=True,
    )
    assert "there is no database at nowhere.duckdb" in shown.decode()
    assert bool(COLOUR.search(shown.decode())) is not plain


@pytest.mark.parametrize(
    ("shell", "variables"),
    [
        ("bash", {"COMP_WORDS": "shardrun exp", "COMP_CWORD": "1"}),
        ("zsh", {"_TYPER_COMPLETE_ARGS": "shardrun exp"}),
        (
            "fish",
            {"_TYPER_COMPLETE_ARGS": "shardrun exp", "_TYPER_COMPLETE_FISH_ACTION": "get-args"},
        ),
        ("powershell", {"_TYPER_COMPLETE_ARGS": "shardrun exp"}),
    ],
)
def test_the_common_shells_complete_commands(
    shell: str, variables: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("_SHARDRUN_COMPLETE", f"complete_{shell}")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert "export" in invoke().stdout
