"""Periods: years, months and numbers go on one after another, and nothing else is one of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shardrun.config.overrides import parse_years, with_overrides
from shardrun.config.periods import check_period, following, periods
from shardrun.config.simulation import SimulationConfig, SimulationSection
from shardrun.errors import InputError
from shardrun.pipeline.plan import build_plan

MONTHLY = SimulationConfig(
    simulation=SimulationSection.model_validate(
        {"period": "month", "variable": "month", "start": 202411, "end": 202502}
    )
)


def test_months_go_over_the_end_of_the_year() -> None:
    assert periods("month", 202411, 202502) == (202411, 202412, 202501, 202502)
    assert following("month", 202412) == 202501


@given(st.integers(1900, 2100), st.integers(1, 12), st.integers(0, 300))
def test_every_month_follows_the_one_before_it(year: int, month: int, count: int) -> None:
    first = last = year * 100 + month
    for _ in range(count):
        last = following("month", last)
        check_period("month", last)
    found = periods("month", first, last)
    assert len(found) == count + 1
    assert list(found) == sorted(set(found))


@pytest.mark.parametrize("value", [202500, 202513, 2025, 20250101])
def test_what_is_no_month_is_refused(value: int) -> None:
    with pytest.raises(ValueError, match=str(value)):
        check_period("month", value)


def test_a_plan_of_months_runs_each_of_them() -> None:
    steps = build_plan(MONTHLY, 202411, 202502)
    assert sorted({step.year for step in steps}) == [202411, 202412, 202501, 202502]


def test_the_project_is_told_its_first_month_by_that_name() -> None:
    assert MONTHLY.dbt_vars() == {"start_month": 202411, "random_seed": 42}


def test_the_command_line_spells_months_as_the_configuration_does() -> None:
    assert parse_years("202501-202503", "month") == (202501, 202503)
    with pytest.raises(InputError, match=r"months: .* six digits, such as 202501-202612"):
        parse_years("2025-2026", "month")
    with pytest.raises(InputError, match="202514 is no month"):
        with_overrides(MONTHLY, start_year=202512, end_year=202514)


def test_periods_that_are_no_years_have_no_years_by_default() -> None:
    with pytest.raises(ValueError, match="2025 is too small"):
        SimulationSection.model_validate({"period": "month", "end": 202502, "start_year": 2025})
