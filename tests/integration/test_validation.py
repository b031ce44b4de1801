"""Promises about VALIDATION and the seeds' own test: each check fails on data that breaks it."""

import shutil
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

import pytest

from tests.support.workforce import Outcome, Workforce, write_census

pytestmark = pytest.mark.integration

FIRST_YEAR = 2025
LAST_YEAR = 2026
HEADCOUNT_CHECKS = frozenset(
    {
        "headcount_adds_up",
        "everyone_is_counted",
        "nobody_is_counted_twice",
        "plan_starts_from_opening",
        "growth_is_on_target",
    }
)
EMPLOYEE_CHECKS = frozenset(
    {
        "no_event_of_a_stranger",
        "opening_is_previous_closing",
        "status_change_has_its_event",
        "pay_is_continuous",
        "nothing_after_termination",
        "events_are_in_order",
        "plan_within_limits",
    }
)


@dataclass(frozen=True, slots=True)
class Corruption:
    """One way to break a year, as a bug would.

    Attributes:
        statement: the sql that does it, to the employee in ``getvariable('victim')``.
        checks: the checks that contradict it, no others.
        victim: a condition on the rows of the snapshot, which have beside them ``event_types``, the
            list of the types of that year's events in order.
        year: the year that is broken and validated.
    """

    statement: str
    checks: frozenset[str]
    victim: str = "simulation_year = getvariable('year')"
    year: int = LAST_YEAR


EVENTS = "fct_yearly_events"
SNAPSHOT = "fct_workforce_snapshot"
THE_VICTIM_S = "where employee_id = getvariable('victim') and simulation_year = getvariable('year')"
COPY_EVENT = f"insert into {EVENTS} select * replace ({{changed}}) from {EVENTS} {THE_VICTIM_S}"
COPY_PERSON = f"insert into {SNAPSHOT} select * replace ({{changed}}) from {SNAPSHOT} "

THAT_YEAR = "simulation_year = getvariable('year')"
RAISED = f"{THAT_YEAR} and event_types = ['raise'] and employment_status = 'continuous_active'"
JOINED = f"{THAT_YEAR} and event_types = ['hire'] and employment_status = 'new_hire_active'"
LEFT = f"{THAT_YEAR} and event_types = ['termination']"

CORRUPTIONS = {
    "a leaver's event is lost": Corruption(
        f"delete from {EVENTS} {THE_VICTIM_S}",
        frozenset({"headcount_adds_up", "status_change_has_its_event"}),
        victim=LEFT,
    ),
    "a hire's event is lost": Corruption(
        f"delete from {EVENTS} {THE_VICTIM_S}",
        frozenset(
            {
                "headcount_adds_up",
                "everyone_is_counted",
                "no_event_of_a_stranger",
                "status_change_has_its_event",
            }
        ),
        victim=JOINED,
    ),
    "an employee is lost in the first year": Corruption(
        f"delete from {SNAPSHOT} {THE_VICTIM_S}",
        frozenset(
            {
                "headcount_adds_up",
                "everyone_is_counted",
                "growth_is_on_target",
                "opening_is_previous_closing",
            }
        ),
        victim=RAISED,
        year=FIRST_YEAR,
    ),
    "an employee is lost in a later year": Corruption(
        f"delete from {SNAPSHOT} {THE_VICTIM_S}",
        frozenset(
            {
                "headcount_adds_up",
                "everyone_is_counted",
                "growth_is_on_target",
                "opening_is_previous_closing",
            }
        ),
        victim=RAISED,
    ),
    "who left last year is here again": Corruption(
        COPY_PERSON.format(
            changed="2026 as simulation_year, 'continuous_active' as employment_status, "
            "current_compensation as starting_compensation, null as termination_date"
        )
        + "where employee_id = getvariable('victim') and simulation_year = 2025",
        frozenset(
            {
                "headcount_adds_up",
                "everyone_is_counted",
                "growth_is_on_target",
                "no_event_of_a_stranger",
                "opening_is_previous_closing",
            }
        ),
        victim="simulation_year = 2025 and employment_status = 'experienced_termination'",
    ),
    "someone stands in the snapshot twice": Corruption(
        COPY_PERSON.format(changed="false as is_enrolled, 0 as deferral_rate") + THE_VICTIM_S,
        frozenset({"everyone_is_counted", "nobody_is_counted_twice"}),
        victim=LEFT,
    ),
    "a leaver keeps the status of the active": Corruption(
        f"update {SNAPSHOT} set employment_status = 'continuous_active' {THE_VICTIM_S}",
        frozenset({"headcount_adds_up", "growth_is_on_target", "status_change_has_its_event"}),
        victim=LEFT,
    ),
    "the plan counted another opening": Corruption(
        "update int_headcount_plan set opening_headcount = opening_headcount + 1 "
        "where simulation_year = 2026",
        frozenset({"plan_starts_from_opening"}),
    ),
    "the plan had another target": Corruption(
        "update int_headcount_plan set target_headcount = target_headcount - 2 "
        "where simulation_year = 2026",
        frozenset({"growth_is_on_target"}),
    ),
    "there is no plan": Corruption(
        "delete from int_headcount_plan where simulation_year = 2026",
        frozenset({"plan_starts_from_opening", "growth_is_on_target"}),
    ),
    "an event of someone nobody knows": Corruption(
        COPY_EVENT.format(changed="'X0000001' as employee_id")
        + "; set variable victim = 'X0000001'",
        frozenset({"no_event_of_a_stranger"}),
        victim=RAISED,
    ),
    "the snapshot has another level than the events made": Corruption(
        f"update {SNAPSHOT} set job_level = job_level + 1 {THE_VICTIM_S}",
        frozenset({"status_change_has_its_event"}),
        victim=RAISED,
    ),
    "a promotion became a raise": Corruption(
        f"update {EVENTS} set event_type = 'raise' {THE_VICTIM_S} and event_type = 'promotion'",
        frozenset({"status_change_has_its_event"}),
        victim=f"{THAT_YEAR} and list_contains(event_types, 'promotion')",
    ),
    "the snapshot has another last day": Corruption(
        f"update {SNAPSHOT} set termination_date = termination_date + 1 {THE_VICTIM_S}",
        frozenset({"status_change_has_its_event"}),
        victim=LEFT,
    ),
    "the snapshot has another first day": Corruption(
        f"update {SNAPSHOT} set hire_date = hire_date - 1 {THE_VICTIM_S}",
        frozenset({"status_change_has_its_event"}),
        victim=JOINED,
    ),
    "pay does not start where it ended": Corruption(
        f"update {SNAPSHOT} set starting_compensation = starting_compensation + 100, "
        f"current_compensation = current_compensation + 100 {THE_VICTIM_S}",
        frozenset({"pay_is_continuous"}),
        victim=RAISED,
    ),
    "last year's closing pay was changed": Corruption(
        f"update {SNAPSHOT} set current_compensation = current_compensation - 0.01 "
        "where employee_id = getvariable('victim') and simulation_year = 2025",
        frozenset({"pay_is_continuous"}),
        victim=RAISED,
    ),
    "a raise did not reach the snapshot": Corruption(
        f"update {EVENTS} set compensation_after = compensation_after + 0.01 {THE_VICTIM_S}",
        frozenset({"pay_is_continuous"}),
        victim=RAISED,
    ),
    "an event after the termination": Corruption(
        COPY_EVENT.format(
            changed="'enrollment' as event_type, effective_date + 1 as effective_date, "
            "2 as event_sequence, compensation_before as compensation_after"
        )
        + " and event_type = 'termination'",
        frozenset({"nothing_after_termination"}),
        victim=f"{LEFT} and termination_date < '2026-12-31'",
    ),
    "an event behind the termination on its day": Corruption(
        COPY_EVENT.format(
            changed="'enrollment' as event_type, 2 as event_sequence, "
            "compensation_before as compensation_after"
        ),
        frozenset({"nothing_after_termination"}),
        victim=LEFT,
    ),
    "an event before the hire": Corruption(
        f"update {EVENTS} set event_sequence = 3 - event_sequence {THE_VICTIM_S}",
        frozenset({"nothing_after_termination", "events_are_in_order"}),
        victim=f"{THAT_YEAR} and event_types = ['hire', 'enrollment']",
    ),
    "an event is there twice": Corruption(
        COPY_EVENT.format(changed="event_type as event_type")
        + " and event_type = 'deferral_change'",
        frozenset({"events_are_in_order"}),
        victim=f"{THAT_YEAR} and event_types = ['raise', 'deferral_change']",
    ),
    "a place in the year is left out": Corruption(
        f"update {EVENTS} set event_sequence = 2 {THE_VICTIM_S}",
        frozenset({"events_are_in_order"}),
        victim=RAISED,
    ),
    "dates and places disagree": Corruption(
        f"update {EVENTS} set effective_date = '2026-01-02' {THE_VICTIM_S} "
        "and event_type = 'deferral_change'",
        frozenset({"events_are_in_order"}),
        victim=f"{THAT_YEAR} and event_types = ['raise', 'deferral_change']",
    ),
    "dates and places disagree in the middle": Corruption(
        f"update {EVENTS} set effective_date = '2026-01-02' {THE_VICTIM_S} "
        "and event_type = 'deferral_change'",
        frozenset({"events_are_in_order"}),
        victim=f"{THAT_YEAR} and event_types = ['raise', 'deferral_change', 'termination']",
    ),
    "an event lies outside of its year": Corruption(
        f"update {EVENTS} set effective_date = effective_date + 365 {THE_VICTIM_S}",
        frozenset({"events_are_in_order"}),
        victim=RAISED,
    ),
    "more was paid than the highest pay": Corruption(
        f"update {SNAPSHOT} set prorated_compensation = current_compensation + 0.01 {THE_VICTIM_S}",
        frozenset({"plan_within_limits"}),
        victim=RAISED,
    ),
    "pay is negative": Corruption(
        f"update {SNAPSHOT} set prorated_compensation = -0.01 {THE_VICTIM_S}",
        frozenset({"plan_within_limits"}),
        victim=RAISED,
    ),
    "contributions above the young's limit": Corruption(
        f"update {SNAPSHOT} set employee_contributions = 24500.01 {THE_VICTIM_S}",
        frozenset({"plan_within_limits"}),
        victim=f"{THAT_YEAR} and age = 49",
    ),
    "contributions above the limit with catch-up": Corruption(
        f"update {SNAPSHOT} set employee_contributions = 32500.01 {THE_VICTIM_S}",
        frozenset({"plan_within_limits"}),
        victim=f"{THAT_YEAR} and age = 50",
    ),
    "contributions below zero": Corruption(
        f"update {SNAPSHOT} set employee_contributions = -0.01 {THE_VICTIM_S}",
        frozenset({"plan_within_limits"}),
    ),
    "a deferral rate outside of the plan": Corruption(
        f"update {SNAPSHOT} set is_enrolled = false {THE_VICTIM_S}",
        frozenset({"plan_within_limits"}),
        victim=f"{THAT_YEAR} and deferral_rate > 0",
    ),
}


COUNTED = [name for name, broken in CORRUPTIONS.items() if broken.checks & HEADCOUNT_CHECKS]
UNCOUNTED = [name for name in CORRUPTIONS if name not in COUNTED]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Workforce:
    """A sound database of two years; restore it from ``sound.duckdb`` before changing it."""
    workforce = Workforce(tmp_path_factory.mktemp("workforce"))
    write_census(workforce.census, employees=400, start_year=FIRST_YEAR)
    initialize(workforce)
    for year in (FIRST_YEAR, LAST_YEAR):
        workforce.must(
            "run",
            "--select",
            "tag:FOUNDATION",
            "tag:EVENT_GENERATION",
            "tag:STATE_ACCUMULATION",
            simulation_year=year,
        )
        assert validate(workforce, year).success
    shutil.copy(workforce.database, workforce.folder / "sound.duckdb")
    return workforce


@pytest.fixture
def workforce(built: Workforce) -> Workforce:
    shutil.copy(built.folder / "sound.duckdb", built.database)
    return built


def initialize(workforce: Workforce, *selection: str) -> Outcome:
    selected = selection or ("tag:INITIALIZATION",)
    return workforce.dbt(
        "build", "--select", *selected, "--indirect-selection", "empty", start_year=FIRST_YEAR
    )


def validate(workforce: Workforce, year: int) -> Outcome:
    return workforce.dbt(
        "build",
        "--select",
        "tag:VALIDATION",
        "--indirect-selection",
        "empty",
        simulation_year=year,
    )


def corrupt(workforce: Workforce, corruption: Corruption, passed_over: Collection[str] = ()) -> str:
    """Corrupt the year and return the id of the employee whose year it is.

    Args:
        workforce: whose database.
        corruption: what to do.
        passed_over: ids of those who are not to be its victim.
    """
    with workforce.connect() as connection:
        connection.execute("set variable year = $1", [corruption.year])
        connection.execute("set variable passed_over = $1::varchar[]", [list(passed_over)])
        connection.execute(
            f"""
            set variable victim = (
                with event_types as (
                    select
                        simulation_year,
                        employee_id,
                        list(event_type order by event_sequence) as event_types
                    from {EVENTS}
                    group by all
                )
                select min(employee_id)
                from {SNAPSHOT}
                left join event_types using (simulation_year, employee_id)
                where
                    {corruption.victim}
                    and not list_contains(getvariable('passed_over'), employee_id)
            )
            """
        )
        assert connection.execute("select getvariable('victim') is not null").fetchone() == (True,)
        connection.execute(corruption.statement)
        victim = connection.execute("select getvariable('victim')").fetchone()
    assert victim is not None
    return str(victim[0])


def contradicted(workforce: Workforce, year: int) -> dict[str, int]:
    """Return the checks of the year that did not pass, with their contradictions."""
    found = dict(
        workforce.query(
            "select check_name, contradictions from val_checks where simulation_year = $1", [year]
        )
    )
    assert set(found) == HEADCOUNT_CHECKS | EMPLOYEE_CHECKS
    return {check: contradictions for check, contradictions in found.items() if contradictions}


def named(workforce: Workforce, year: int) -> set[tuple[str, str]]:
    """Return the checks that name an employee, with the id."""
    return set(
        workforce.query(
            "select check_name, employee_id from val_employee_year where simulation_year = $1",
            [year],
        )
    )


def test_a_sound_run_passes_all_twelve_checks_each_year(workforce: Workforce) -> None:
    for year in (FIRST_YEAR, LAST_YEAR):
        assert contradicted(workforce, year) == {}
        assert named(workforce, year) == set()


def test_every_check_is_shown_to_fail() -> None:
    shown = frozenset[str]().union(*(corruption.checks for corruption in CORRUPTIONS.values()))
    assert shown == HEADCOUNT_CHECKS | EMPLOYEE_CHECKS


@pytest.mark.parametrize("name", COUNTED)
def test_a_broken_year_fails_exactly_the_checks_that_it_contradicts(
    workforce: Workforce, name: str
) -> None:
    corruption = CORRUPTIONS[name]
    victim = corrupt(workforce, corruption)

    outcome = validate(workforce, corruption.year)

    assert set(outcome.failed) == {"every_check_passes"}
    assert set(contradicted(workforce, corruption.year)) == corruption.checks
    assert named(workforce, corruption.year) == {
        (check, victim) for check in corruption.checks & EMPLOYEE_CHECKS
    }


def test_every_employee_s_broken_year_is_named_under_exactly_its_checks(
    workforce: Workforce,
) -> None:
    # these leave the headcount as it was: each breaks another employee's year, all in one run
    victims: dict[str, str] = {}
    for name in UNCOUNTED:
        victims[name] = corrupt(workforce, CORRUPTIONS[name], victims.values())
    expected = [(check, victims[name]) for name in UNCOUNTED for check in CORRUPTIONS[name].checks]

    outcome = validate(workforce, LAST_YEAR)

    assert set(outcome.failed) == {"every_check_passes"}
    assert named(workforce, LAST_YEAR) == set(expected)
    assert contradicted(workforce, LAST_YEAR) == Counter(check for check, _ in expected)


def test_a_repaired_year_passes_again(workforce: Workforce) -> None:
    corrupt(workforce, CORRUPTIONS["a deferral rate outside of the plan"])
    assert not validate(workforce, LAST_YEAR).success
    workforce.must("run", "--select", "tag:STATE_ACCUMULATION", simulation_year=LAST_YEAR)
    assert validate(workforce, LAST_YEAR).success
