"""The documentation's commands, typed in their order in one new folder: all but the long ones.

The folder is what `shardrun init` makes; whether the long ones are accepted, a unit test says.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.support.commands import examples
from tests.support.documented import commands_in, documented_commands, python_examples
from tests.support.in_process import invoke

pytestmark = pytest.mark.integration

READ_ONLY = ("check", "compare", "config", "diff", "digest", "export", "report", "status", "trace")
SHARDS = [
    ("shardrun", "shard", "3", "--of", "8", "--year", "2027"),
    ("shardrun", "shard", "--key", "E0000042", "--year", "2027", "--with-inputs"),
]
# a comparison on everyone, workbooks, and what another seed, project or file is needed for
LEFT_OUT = {"--compare", "xlsx", "NH_2026_0000012", "--config", "ensemble.duckdb"}


def quick_commands() -> list[tuple[str, ...]]:
    """Return the commands that read a database, those of help's examples among them."""
    typed = [words for line in examples() for words in commands_in(line.partition(" # ")[0])]
    return [
        words
        for words in dict.fromkeys([*documented_commands(), *typed])
        if words[0] == "shardrun" and words[1] in READ_ONLY and not LEFT_OUT & set(words)
    ]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new project, simulated as the documentation does, on fewer people and for one year.

    The other databases that commands name are copies: what differs between two is tested elsewhere.
    """
    here = tmp_path_factory.mktemp("documented")
    made = invoke("init", "mysim", "--employees", 100, cwd=here)
    assert made.returncode == 0, made.stderr
    mysim = here / "mysim"
    config = mysim / "config" / "simulation_config.yaml"
    config.write_text(re.sub(r"(start|end)_year: \d+", r"\1_year: 2027", config.read_text()))
    run = invoke("run", cwd=mysim)
    assert run.returncode == 0, run.stderr
    named = {word for words in quick_commands() for word in words if word.endswith(".duckdb")}
    for name in named - {"simulation.duckdb"}:
        shutil.copy(mysim / "simulation.duckdb", mysim / name)
    return mysim


@pytest.mark.parametrize("words", [*quick_commands(), *SHARDS], ids=" ".join)
def test_a_documented_command_does_what_it_is_there_for(
    words: tuple[str, ...], folder: Path
) -> None:
    shutil.rmtree(folder / "result", ignore_errors=True)
    done = invoke(*words[1:], cwd=folder)
    assert done.returncode == 0, done.stderr
    assert done.stdout


def test_a_run_that_is_done_says_so_as_the_documentation_promises(folder: Path) -> None:
    for words in (("run", "2027", "--database", "simulation.duckdb"), ("run", "--shards", 8)):
        again = invoke(*words, cwd=folder)
        assert again.returncode == 0, again.stderr
        assert "already holds this run" in again.stderr


@pytest.mark.slow
def test_the_documented_python_gives_back_what_it_says(folder: Path) -> None:
    (folder / "high_growth.duckdb").unlink()  # the page makes it
    names: dict[str, Any] = {}
    for block in python_examples():
        shorter = (
            block.replace("years=(2025, 2029), ", "")
            .replace('directory="/srv/mysim"', f"directory={str(folder)!r}, years=2027, workers=1")
            .replace("/srv/mysim", str(folder))
            .replace("range(1, 51)", "range(1, 3)")
        )
        exec(shorter, names)
    assert names["result"].summary[-1]["simulation_year"] == 2027
    assert list(names["results"]) == ["", "high_growth"]
    assert not names["results"]["high_growth"].already_finished
    assert [member.finished for member in names["ensemble"].contents.members] == [True, True]
