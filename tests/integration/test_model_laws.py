"""Promises about the workforce model, on simulated years of 2,000 people.

The years are 2027 to 2029, so that the middle one is a leap year. Each scenario differs from the
base one, the only one of three years, in one thing.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.support.payroll import NOT_YET_HIRED, Event, Plan, State, live_through
from tests.support.render import STREAMS
from tests.support.workforce import Workforce, write_census

pytestmark = pytest.mark.integration

FIRST_YEAR, LEAP_YEAR, LAST_YEAR = YEARS = 2027, 2028, 2029
EMPLOYEES = 2000
YEAR_STAGES = ("tag:FOUNDATION", "tag:EVENT_GENERATION", "tag:STATE_ACCUMULATION")
YEARLY_TABLES = (
    "int_year_parameters",
    "int_opening_terminations",
    "int_headcount_plan",
    "int_layoffs",
    "int_hires",
    "fct_yearly_events",
    "fct_workforce_snapshot",
)


@dataclass(frozen=True, slots=True)
class Scenario:
    """One simulation: how many years of it, and the parameters in which it is not the base one."""

    years: int
    parameters: str = ""


SCENARIOS = {
    "base": Scenario(years=3),
    "flat": Scenario(years=2, parameters="target_growth_rate = 0"),
    "shrinking": Scenario(years=2, parameters="target_growth_rate = -0.15"),
    "booming": Scenario(years=2, parameters="target_growth_rate = 0.40"),
    "dear": Scenario(years=2, parameters="cola_rate = 0.06"),
    # a raise and an automatic increase on one day, which is nobody's by chance
    "crowded": Scenario(years=1, parameters="escalation_date = raise_date"),
    "reseeded": Scenario(years=1, parameters="random_seed = 43"),
    "reseeded_shrinking": Scenario(
        years=1, parameters="random_seed = 43, target_growth_rate = -0.15"
    ),
}
GROWTH_RATES = {
    "base": Decimal("0.03"),
    "flat": Decimal("0"),
    "shrinking": Decimal("-0.15"),
    "booming": Decimal("0.40"),
}


@pytest.fixture(scope="module")
def workforce(tmp_path_factory: pytest.TempPathFactory) -> Workforce:
    workforce = Workforce(tmp_path_factory.mktemp("workforce"))
    write_census(workforce.census, EMPLOYEES, FIRST_YEAR)
    return workforce


@pytest.fixture(scope="module")
def laws(workforce: Workforce) -> Iterator[duckdb.DuckDBPyConnection]:
    """Every scenario's database attached under its name, the base one the default."""
    initialize(workforce)
    for name, scenario in SCENARIOS.items():
        shutil.copy(workforce.database, stored(workforce, name))
        if scenario.parameters:
            # what the vars of INITIALIZATION leave behind
            with duckdb.connect(stored(workforce, name)) as connection:
                connection.execute(f"update stg_parameters set {scenario.parameters}")
    for name, scenario in SCENARIOS.items():
        shutil.copy(stored(workforce, name), workforce.database)
        for year in YEARS[: scenario.years]:
            simulate(workforce, year)
        shutil.copy(workforce.database, stored(workforce, name))
    with duckdb.connect() as connection:
        for name in SCENARIOS:
            connection.execute(f"attach '{stored(workforce, name)}' as {name} (read_only)")
        connection.execute("use base")
        yield connection


def stored(workforce: Workforce, name: str) -> Path:
    return workforce.folder / f"{name}.duckdb"


def initialize(workforce: Workforce) -> None:
    workforce.must(
        "build",
        "--select",
        "tag:INITIALIZATION",
        "--indirect-selection",
        "empty",
        start_year=FIRST_YEAR,
    )


def simulate(workforce: Workforce, year: int, threads: int = 2) -> None:
    workforce.must(
        "run",
        "--select",
        *YEAR_STAGES,
        "--threads",
        str(threads),
        duckdb_threads=threads,
        simulation_year=year,
    )


def count(connection: duckdb.DuckDBPyConnection, relation: str) -> int:
    row = connection.execute(f"select count(*) from ({relation})").fetchone()
    assert row is not None
    return int(row[0])


def differing(connection: duckdb.DuckDBPyConnection, one: str, other: str) -> int:
    """Return how many rows of two selects have no equal in the other; both have some rows."""
    assert count(connection, one) > 0
    return count(connection, f"({one}) except all ({other})") + count(
        connection, f"({other}) except all ({one})"
    )


@pytest.mark.parametrize("scenario", GROWTH_RATES)
def test_the_growth_target_is_met_exactly_each_year(
    laws: duckdb.DuckDBPyConnection, scenario: str
) -> None:
    closings = laws.execute(
        f"""
        select
            count(*) filter (employment_status in ('continuous_active', 'new_hire_active')),
            count(*) filter (employment_status in ('continuous_active', 'experienced_termination')),
            count(*) filter (termination_reason = 'layoff')
        from {scenario}.fct_workforce_snapshot
        group by simulation_year
        order by simulation_year
        """
    ).fetchall()
    opening = EMPLOYEES
    for closing, here_at_the_start, laid_off in closings:
        target = (opening * (1 + GROWTH_RATES[scenario])).quantize(Decimal(1), ROUND_HALF_UP)
        assert (here_at_the_start, closing) == (opening, target)
        assert laid_off == 0 or scenario == "shrinking"
        opening = closing
    assert len(closings) == SCENARIOS[scenario].years


def test_a_deep_cut_needs_layoffs_and_no_hires(laws: duckdb.DuckDBPyConnection) -> None:
    assert count(laws, "from shrinking.int_layoffs") > 0
    hired_beside = (
        "from shrinking.int_hires inner join shrinking.int_layoffs using (simulation_year)"
    )
    assert count(laws, hired_beside) == 0


@pytest.mark.parametrize("scenario", GROWTH_RATES)
def test_nothing_happens_after_a_termination(
    laws: duckdb.DuckDBPyConnection, scenario: str
) -> None:
    followed = f"""
        select
            event_type,
            lead(event_type) over (
                partition by employee_id order by effective_date, event_sequence
            ) as next_type
        from {scenario}.fct_yearly_events
        qualify event_type = 'termination' and next_type is not null
    """
    assert count(laws, followed) == 0
    here_again = f"""
        from {scenario}.fct_workforce_snapshot as later
        inner join {scenario}.fct_yearly_events as events using (employee_id)
        where events.event_type = 'termination' and later.simulation_year > events.simulation_year
    """
    assert count(laws, here_again) == 0


@pytest.mark.parametrize("scenario", [*GROWTH_RATES, "crowded"])
def test_each_event_starts_from_what_the_one_before_left(
    laws: duckdb.DuckDBPyConnection, workforce: Workforce, scenario: str
) -> None:
    broken = f"""
        select events.employee_id
        from {scenario}.fct_yearly_events as events
        left join '{workforce.census}' as census using (employee_id)
        window earlier as (
            partition by events.employee_id order by simulation_year, event_sequence
        )
        qualify
            compensation_before is distinct from coalesce(
                lag(compensation_after) over earlier, census.annual_compensation, 0
            )
            or deferral_rate_before is distinct from coalesce(
                lag(deferral_rate_after) over earlier, census.deferral_rate, 0
            )
            or job_level_before is distinct from coalesce(
                lag(job_level_after) over earlier, census.job_level
            )
            or effective_date < lag(effective_date) over earlier
            or event_sequence != row_number() over (
                partition by events.employee_id, simulation_year
                order by effective_date, event_sequence
            )
    """
    assert count(laws, broken) == 0
    assert count(laws, f"from {scenario}.fct_yearly_events") > EMPLOYEES


@pytest.mark.parametrize("scenario", ["base", "shrinking", "crowded"])
def test_pay_contributions_and_match_equal_a_day_by_day_reckoning_to_the_cent(
    laws: duckdb.DuckDBPyConnection, workforce: Workforce, scenario: str
) -> None:
    plan = Plan.read(workforce.project / "seeds")
    events = events_by_employee(laws, scenario)
    states = states_before(laws, workforce, scenario)
    snapshot = laws.execute(
        f"""
        select
            simulation_year, employee_id, birth_date,
            job_level, current_compensation, deferral_rate, is_enrolled,
            termination_date is null,
            prorated_compensation, employee_contributions, employer_match
        from {scenario}.fct_workforce_snapshot
        order by simulation_year
        """
    ).fetchall()
    assert len(snapshot) > EMPLOYEES
    for year, employee, birth_date, *found in snapshot:
        reckoned = live_through(
            year, birth_date, states[employee], events.get((year, employee), []), plan
        )
        states[employee] = closing = reckoned.closing
        assert found == [
            closing.job_level,
            closing.compensation,
            closing.deferral_rate,
            closing.is_enrolled,
            closing.is_employed,
            reckoned.prorated_compensation,
            reckoned.employee_contributions,
            reckoned.employer_match,
        ], (year, employee)


def events_by_employee(
    laws: duckdb.DuckDBPyConnection, scenario: str
) -> dict[tuple[int, str], list[Event]]:
    events: dict[tuple[int, str], list[Event]] = {}
    for year, employee, *event in laws.execute(
        f"""
        select
            simulation_year, employee_id,
            event_type, effective_date, job_level_after, compensation_after, deferral_rate_after
        from {scenario}.fct_yearly_events
        order by event_sequence
        """
    ).fetchall():
        events.setdefault((year, employee), []).append(Event(*event))
    return events


def states_before(
    laws: duckdb.DuckDBPyConnection, workforce: Workforce, scenario: str
) -> dict[str, State]:
    """Return everyone's state as the first year begins, those included who are hired later."""
    hired = laws.execute(f"select employee_id from {scenario}.int_hires").fetchall()
    census = laws.execute(
        f"""
        select employee_id, job_level, annual_compensation, deferral_rate, is_enrolled
        from '{workforce.census}'
        """
    ).fetchall()
    return {
        **{employee: NOT_YET_HIRED for (employee,) in hired},
        **{employee: State(*state) for employee, *state in census},
    }


@pytest.mark.parametrize("scenario", ["flat", "shrinking", "booming"])
def test_growth_changes_nothing_for_those_who_are_not_laid_off(
    laws: duckdb.DuckDBPyConnection, workforce: Workforce, scenario: str
) -> None:
    laid_off = f"select employee_id from {scenario}.int_layoffs"
    events = """
        select * from {}.fct_yearly_events
        where
            employee_id in (select employee_id from '{}')
            and employee_id not in ({})
            and simulation_year <= {}
    """
    one, other = (
        events.format(name, workforce.census, laid_off, LEAP_YEAR) for name in ("base", scenario)
    )
    assert differing(laws, one, other) == 0


def test_a_higher_target_adds_hires_to_the_same_ones(laws: duckdb.DuckDBPyConnection) -> None:
    first_year = f"select * from {{}}.int_hires where simulation_year = {FIRST_YEAR}"
    base, booming = first_year.format("base"), first_year.format("booming")
    assert count(laws, f"({base}) except all ({booming})") == 0
    assert count(laws, f"({booming}) except all ({base})") > EMPLOYEES / 3


def test_the_cost_of_living_changes_pay_and_nothing_else(laws: duckdb.DuckDBPyConnection) -> None:
    events = f"""
        select * exclude (compensation_before, compensation_after)
        from {{}}.fct_yearly_events where simulation_year <= {LEAP_YEAR}
    """
    assert differing(laws, events.format("base"), events.format("dear")) == 0
    dearer = """
        from base.fct_yearly_events as base
        inner join dear.fct_yearly_events as dear
            using (simulation_year, employee_id, event_sequence)
        where base.event_type = 'raise' and base.compensation_after < dear.compensation_after
    """
    raises = f"""
        from base.fct_yearly_events where event_type = 'raise' and simulation_year <= {LEAP_YEAR}
    """
    assert count(laws, dearer) == count(laws, raises) > EMPLOYEES


def decided_by_event(event_type: str, decision: str) -> str:
    return (
        f"select employee_id, {decision} as decision from {{}}.fct_yearly_events "
        f"where event_type = '{event_type}' and simulation_year = {FIRST_YEAR}"
    )


def decided_at_hire(decision: str) -> str:
    return (
        f"select employee_id, {decision} as decision from {{}}.int_hires "
        f"where simulation_year = {FIRST_YEAR}"
    )


# stream of random draws -> what it decides, of whom, in the first year
DECISIONS = {
    "termination": decided_by_event("termination", "true"),
    "termination_date": decided_by_event("termination", "effective_date"),
    "termination_reason": decided_by_event("termination", "event_reason"),
    "layoff": "select employee_id, true as decision from {}_shrinking.int_layoffs",
    "promotion": decided_by_event("promotion", "true"),
    "promotion_date": decided_by_event("promotion", "effective_date"),
    "performance": decided_by_event("raise", "event_reason"),
    "deferral_change": decided_by_event("deferral_change", "true"),
    "enrollment": decided_by_event("enrollment", "true"),
    "enrollment_date": decided_by_event("enrollment", "effective_date"),
    "enrollment_rate": decided_by_event("enrollment", "deferral_rate_after"),
    "opt_out": decided_by_event("opt_out", "true"),
    "opt_out_date": decided_by_event("opt_out", "effective_date"),
    "hire_level": decided_at_hire("job_level"),
    "hire_age": decided_at_hire("hire_date - birth_date"),
    "hire_date": decided_at_hire("hire_date"),
    "hire_compensation": decided_at_hire("compensation"),
}


def test_every_stream_decides_something() -> None:
    assert tuple(DECISIONS) == STREAMS


@pytest.mark.parametrize("stream", DECISIONS)
def test_another_seed_decides_every_rule_otherwise(
    laws: duckdb.DuckDBPyConnection, stream: str
) -> None:
    base, reseeded = (DECISIONS[stream].format(name) for name in ("base", "reseeded"))
    if stream == "layoff":
        base = base.replace("base_shrinking", "shrinking")
    everyone = f"from ({base}) as one full join ({reseeded}) as other using (employee_id)"
    otherwise = f"{everyone} where one.decision is distinct from other.decision"
    assert count(laws, base) > 0
    # those whom a rule is likeliest to touch are touched under any seed: a third, not all
    assert count(laws, otherwise) > count(laws, everyone) / 3


def test_the_runbook_s_line_leaves_the_year_s_events_as_they_were(
    laws: duckdb.DuckDBPyConnection, workforce: Workforce
) -> None:
    shutil.copy(stored(workforce, "base"), workforce.database)
    # word for word, in the project's own directory
    subprocess.run(
        "dbt run --select tag:EVENT_GENERATION"
        f" --vars '{{\"simulation_year\": {LEAP_YEAR}}}' --threads 6",
        shell=True,
        check=True,
        cwd=workforce.project,
        capture_output=True,
        env={
            **os.environ,
            **workforce.environment(),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        },
    )
    assert_same_rows(laws, workforce)


def test_a_middle_year_run_again_leaves_every_table_as_it_was(
    laws: duckdb.DuckDBPyConnection, workforce: Workforce
) -> None:
    shutil.copy(stored(workforce, "base"), workforce.database)
    simulate(workforce, LEAP_YEAR)
    assert_same_rows(laws, workforce)


def assert_same_rows(laws: duckdb.DuckDBPyConnection, workforce: Workforce) -> None:
    laws.execute(f"attach '{workforce.database}' as again (read_only)")
    try:
        for table in YEARLY_TABLES:
            if count(laws, f"from base.{table}"):
                one, other = f"from base.{table}", f"from again.{table}"
                assert differing(laws, one, other) == 0, table
    finally:
        laws.execute("detach again")


def test_rows_come_out_in_the_same_order_for_any_number_of_threads(
    workforce: Workforce,
) -> None:
    # enough people for several row groups, without which DuckDB uses one thread whatever it is told
    write_census(workforce.census, 20_000, FIRST_YEAR)
    workforce.database.unlink(missing_ok=True)
    initialize(workforce)
    simulate(workforce, FIRST_YEAR, threads=1)
    shutil.copy(workforce.database, stored(workforce, "first_year"))
    rows: dict[int, list[list[tuple[Any, ...]]]] = {}
    for threads in (1, 2, 6):
        shutil.copy(stored(workforce, "first_year"), workforce.database)
        simulate(workforce, LEAP_YEAR, threads)
        rows[threads] = [workforce.query(f"select * from {table}") for table in YEARLY_TABLES]
    assert rows[1] == rows[2]
    assert rows[1] == rows[6]
