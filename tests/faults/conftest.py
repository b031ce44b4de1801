"""What the fault suite did to whom, told at its end."""

from collections import Counter

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print how many kills were survived; each test records its own."""
    counts: Counter[str] = Counter()
    for report in terminalreporter.stats.get("passed", ()):
        for name, value in report.user_properties:
            counts[name] += value
    for name, count in counts.items():
        terminalreporter.write_line(f"{name}: {count}")
