"""What every test may rely on, whoever started pytest; and what all of them did, at the end."""

import signal
from collections import Counter
from typing import Any

import jinja2
import pytest

# Started in the background, a process ignores Ctrl-C, and so would all that a test starts.
signal.signal(signal.SIGINT, signal.default_int_handler)

_parse = jinja2.Environment.parse
_trees: dict[tuple[type, str], jinja2.nodes.Template] = {}


def _parse_once(environment: jinja2.Environment, source: str, *names: Any) -> jinja2.nodes.Template:
    """Parse a text once in a process: dbt has a thousand macros, and each project has it read them.

    It is a third of what dbt takes to parse a small project, and tests have hundreds.
    """
    if names:
        return _parse(environment, source, *names)
    key = type(environment), source
    if key not in _trees:
        _trees[key] = _parse(environment, source)
    return _trees[key]


jinja2.Environment.parse = _parse_once  # type: ignore[method-assign]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what was survived and refused; each test that passed has recorded its own.

    Here and not beside those tests: with xdist, the process that sums up collects none of them.
    """
    counts: Counter[str] = Counter()
    for report in terminalreporter.stats.get("passed", ()):
        for name, value in report.user_properties:
            counts[name] += value
    for name, count in sorted(counts.items()):
        terminalreporter.write_line(f"{name}: {count}")
