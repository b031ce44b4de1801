"""What every test may rely on, whoever started pytest; and what all of them did, at the end."""

import signal
from collections import Counter

import pytest

# Started in the background, a process ignores Ctrl-C, and so would all that a test starts.
signal.signal(signal.SIGINT, signal.default_int_handler)


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
