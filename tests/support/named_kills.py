"""A run that kills itself, by SIGKILL, at the very moment at which one function is called.

The command line runs as it always does; one function of it is replaced in its process, from
outside. It must never be used to make anything else fail than the process.
"""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass

from tests.support.command_line import environment
from tests.support.sharded_runs import Project

_DRIVER = """
import os, signal, sys
from importlib import import_module

module, name, when, call, *words = sys.argv[1:]
owner = import_module(module)
*path, last = name.split(".")
for part in path:
    owner = getattr(owner, part)
original, calls = getattr(owner, last), 0

def killing(*args, **kwargs):
    global calls
    calls += 1
    if calls < int(call):
        return original(*args, **kwargs)
    if when == "after":
        original(*args, **kwargs)
    os.kill(os.getpid(), signal.SIGKILL)

setattr(owner, last, killing)
sys.argv[1:] = words
from shardrun.cli import main
main()
"""


@dataclass(frozen=True, slots=True)
class Moment:
    """When a run dies.

    Attributes:
        name: for people.
        module: where the function is looked up by who calls it.
        function: its name there, dotted in a class.
        when: before or after its work.
        call: at which call of it.
    """

    name: str
    module: str
    function: str
    when: str = "before"
    call: int = 1


def run_until(moment: Moment, project: Project, database: str, *words: str) -> None:
    """Run into a database until the moment comes."""
    done = subprocess.run(
        [
            *(sys.executable, "-c", _DRIVER),
            *(moment.module, moment.function, moment.when, str(moment.call)),
            *project.arguments(database, *words),
        ],
        cwd=project.folder,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == -9, f"{moment.name} did not come: {done.stderr}"
