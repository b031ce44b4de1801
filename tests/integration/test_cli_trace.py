"""Promises of `shardrun trace`: what it decides once more is what the run decided, for everyone."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import duckdb
import pytest

from shardrun.database.connection import open_database
from shardrun.workforce.life import Life, read_life, read_lives
from tests.support.in_process import invoke
from tests.support.simulated import simulate

pytestmark = pytest.mark.integration

CENT = Decimal("0.01")


@pytest.fixture(scope="module")
def databases(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A leap year and the year before it: growing on edited seeds, and shrinking by layoffs."""
    folder = tmp_path_factory.mktemp("trace")
    return {
        "edited": simulate(
            folder,
            "edited",
            years="2027-2028",
            config="simulation:\n  start_year: 2027\n  end_year: 2028\n  random_seed: "
            f"{2**63 + 11}\nplan:\n  escalation_date: 04-01\n",
            seeds={
                "hazards": ("termination,0.10,0.80", "termination,0.22,0.30"),
                "age_bands": ("35-44,35", "35-44,38"),
                "tenure_bands": ("2-4,2", "2-4,1"),
                "hazard_level_multipliers": ("promotion,2,1.00", "promotion,2,4.00"),
                "performance_ratings": ("strong,20,1.40", "strong,41,1.75"),
                "deferral_choices": ("0.15,3", "0.12,30"),
            },
        ),
        "shrinking": simulate(
            folder,
            "shrinking",
            years="2027-2028",
            config="simulation:\n  start_year: 2027\n  end_year: 2028\n"
            "  target_growth_rate: -0.15\n",
        ),
    }


@pytest.fixture(scope="module", params=["edited", "shrinking"])
def lives(request: pytest.FixtureRequest, databases: dict[str, Path]) -> list[Life]:
    with open_database(databases[request.param]) as connection:
        lives = read_lives(connection)
        people = connection.execute(
            "select count(*), count(distinct employee_id) from fct_workforce_snapshot"
        ).fetchone()
    assert (sum(len(life.years) for life in lives), len(lives)) == people
    return lives


def test_everybodys_rules_give_the_events_that_the_run_wrote(lives: list[Life]) -> None:
    assert [life.employee_id for life in lives if not life.agrees] == []


def test_the_hazard_shown_is_the_one_the_model_used(lives: list[Life]) -> None:
    for hazard in (
        rule.hazard for life in lives for year in life.years for rule in year.rules if rule.hazard
    ):
        product = hazard.base
        for multiplier in hazard.multipliers:
            product *= multiplier.factor
        assert float(min(product, hazard.cap)) == hazard.yearly


def test_the_draw_is_below_the_hazard_whenever_the_rule_happens_by_one(lives: list[Life]) -> None:
    for year in (year for life in lives for year in life.years):
        for rule in year.rules:
            if rule.hazard and rule.happened:
                assert rule.draws[0].number < rule.hazard.faced
            assert rule.why.startswith("yes: " if rule.happened else "no: ")
            if rule.why == "no: not drawn below the hazard":
                assert rule.hazard is not None
                assert rule.draws[0].number >= rule.hazard.faced


def test_hires_are_born_placed_and_paid_as_drawn(lives: list[Life]) -> None:
    for entered in (year.entered for life in lives for year in life.years):
        if entered["is_new_hire"]:
            assert entered["drawn_level"] == entered["job_level"]
            assert entered["drawn_birth_date"] == entered["birth_date"]
            assert entered["drawn_compensation"] == entered["compensation"]


def test_the_raise_explained_is_the_raise_paid(lives: list[Life]) -> None:
    for year in (year for life in lives for year in life.years):
        for event in year.events:
            if event["event_type"] == "raise":
                raised = event["compensation_before"] * (1 + year.entered["raise_rate"])
                paid = event["compensation_after"]
                assert raised.quantize(CENT, ROUND_HALF_UP) == paid


def test_every_reason_that_a_rule_can_have_is_met(databases: dict[str, Path]) -> None:
    met: Counter[str] = Counter()
    for database in databases.values():
        with open_database(database) as connection:
            for life in read_lives(connection):
                for year in life.years:
                    met.update(rule.rule for rule in year.rules if rule.happened)
                    met.update(" ".join(rule.why.split()[:3]) for rule in year.rules)
    assert met.keys() >= {
        *("hire", "termination", "layoff", "promotion", "raise", "enrollment", "opt_out"),
        *("deferral_change", "no: hired this", "no: the day", "no: in the", "no: not in"),
        *("no: not eligible", "no: not drawn", "no: leaves anyway", "no: defers the"),
        *("no: level 5", "no: gone by", "no: opted out"),
    }


def test_one_person_alone_is_told_as_among_all(databases: dict[str, Path]) -> None:
    with open_database(databases["shrinking"]) as connection:
        lives = read_lives(connection)
    for life in lives[:: len(lives) // 5]:
        assert read_life(databases["shrinking"], life.employee_id) == life


def test_a_life_is_shown_with_its_draws_and_as_one_document(databases: dict[str, Path]) -> None:
    database = databases["shrinking"]
    with duckdb.connect(database, read_only=True) as connection:
        laid_off, key = connection.execute(
            "select employee_id, employee_key from int_layoffs order by all limit 1"
        ).fetchall()[0]
    shown = invoke("trace", laid_off, "--database", database, "--of", "5", cwd=database.parent)
    assert shown.returncode == 0, shown.stderr
    document = json.loads(
        invoke("trace", laid_off, "--database", database, "--json", cwd=database.parent).stdout
    )
    assert document["agrees_with_database"] is True
    assert document["shard"] == {"index": (key >> 32) * 8 >> 32, "of": 8}
    layoff = next(
        rule
        for rule in document["years"][-1]["rules"]
        if rule["rule"] == "layoff" and rule["happened"]
    )
    assert f"{layoff['draws'][0]['word'] / 2**32:.6f}" in shown.stdout
    assert layoff["on"] in shown.stdout
    assert f"shard {(key >> 32) * 5 >> 32} of 5" in shown.stdout


def test_a_life_that_the_rules_do_not_explain_says_so(
    databases: dict[str, Path], tmp_path: Path
) -> None:
    touched = shutil.copy(databases["edited"], tmp_path / "touched.duckdb")
    with duckdb.connect(touched) as connection:
        ((someone,),) = connection.execute(
            "select min(employee_id) from fct_yearly_events where event_type = 'raise'"
        ).fetchall()
        connection.execute(
            "update fct_yearly_events set effective_date = effective_date + 1 "
            "where employee_id = ? and event_type = 'raise'",
            [someone],
        )
    shown = invoke("trace", someone, "--database", touched, cwd=tmp_path)
    assert shown.returncode == 0
    assert "not the events that the rules above give" in " ".join(shown.stdout.split())


def test_a_stranger_is_refused_with_the_nearest_ids(databases: dict[str, Path]) -> None:
    refused = invoke(
        "trace", "NH_2027_99", "--database", databases["edited"], cwd=databases["edited"].parent
    )
    assert refused.returncode == 2
    assert "NH_2027_" in refused.stderr.partition("nearest")[2]
    assert "Traceback" not in refused.stderr
