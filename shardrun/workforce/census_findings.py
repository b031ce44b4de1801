"""What was found wrong or doubtful in a census, in words for the person whose file it is.

It owns the wording of lists of rows and must never decide what is wrong.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

SHOWN = 10
"""How many rows of each finding are shown; all are counted."""
_VALUE_SHOWN = 60


@dataclass(frozen=True)
class Example:
    """One row of a finding.

    Attributes:
        row: its number in the file.
        value: what stands there, None if nothing does.
        remark: what else to say of it.
    """

    row: int
    value: str | None
    remark: str = ""


@dataclass(frozen=True)
class Finding:
    """Rows that share a defect or a doubt.

    Attributes:
        about: what is the matter, as a clause with its column.
        count: how many rows.
        examples: the first of them, at most :data:`SHOWN`.
    """

    about: str
    count: int
    examples: tuple[Example, ...]


def refusal(path: Path, defects: Sequence[Finding]) -> str:
    """Return the message that refuses a census for its defects."""
    total = sum(defect.count for defect in defects)
    lines = [f"{path}: {_counted(total, 'defect')}; nothing was written."]
    for defect in defects:
        lines.append(f"  {defect.about}: {_counted(defect.count, 'row')}")
        lines += [f"    row {_described(example)}" for example in defect.examples]
        if defect.count > len(defect.examples):
            lines.append(f"    and {defect.count - len(defect.examples)} more")
    return "\n".join(lines)


def warning(doubt: Finding) -> str:
    """Return the line that warns of a doubt whose rows were kept."""
    rows = ", ".join(str(example.row) for example in doubt.examples)
    more = doubt.count - len(doubt.examples)
    noun = "row" if doubt.count == 1 else "rows"
    return f"{doubt.about}: {noun} {rows}" + (f" and {more} more" if more else "")


def _described(example: Example) -> str:
    described = str(example.row)
    if example.value is not None:
        cut = example.value[:_VALUE_SHOWN]
        described += f": {cut!r}" + ("..." if cut != example.value else "")
    return f"{described} ({example.remark})" if example.remark else described


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}" + ("" if number == 1 else "s")
