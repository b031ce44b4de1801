"""Each model of the corpus gets its verdict, at its line, and what is called safe is safe."""

from __future__ import annotations

import pytest

from tests.unit.shard_safety.corpus import SAFE, UNSAFE, Case
from tests.unit.shard_safety.verdicts import verdict_on


@pytest.mark.parametrize("case", SAFE, ids=lambda case: case.name)
def test_what_one_employees_rows_decide_is_called_safe(case: Case) -> None:
    assert [str(violation) for violation in verdict_on(case.sql).violations] == []


@pytest.mark.parametrize("case", UNSAFE, ids=lambda case: case.name)
def test_whatever_else_is_refused_once_at_its_line(case: Case) -> None:
    violations = verdict_on(case.sql).violations
    assert [(v.line, case.says in v.reason) for v in violations] == [(case.line, True)], [
        str(violation) for violation in violations
    ]
