"""Promises about the seeds: INITIALIZATION stops at each mistake that would lose rows silently."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.support.workforce import Outcome, Workforce, write_census

pytestmark = pytest.mark.integration

FIRST_YEAR = 2025


@dataclass(frozen=True, slots=True)
class Mistake:
    """What a person might do to a seed.

    Attributes:
        seed: the file in dbt/seeds/.
        old: text in it; empty for all of it but the header.
        new: what stands there instead.
        told: a problem that is told, with the seed that it is told of.
    """

    seed: str
    old: str
    new: str
    told: tuple[str, str]


MISTAKES = {
    "a hazard's cell is missing": Mistake(
        "hazard_age_multipliers",
        "termination,25-34,1.25\n",
        "",
        ("hazards", "no hazard for 25-34, under 2, level 1"),
    ),
    "a band is misspelt": Mistake(
        "hazard_tenure_multipliers",
        "promotion,20 and over",
        "promotion,over 20",
        ("hazards", "no hazard for 25-34, 20 and over, level 1"),
    ),
    "a rule is misspelt": Mistake(
        "hazards", "opt_out,", "opt-out,", ("hazards", "no hazard for 35-44, 2-4, level 5")
    ),
    "a hazard lies above 1": Mistake(
        "hazards",
        "promotion,0.07,0.50",
        "promotion,2.00,3.00",
        ("hazards", "a hazard below 0 or above 1 in 25-34, under 2, level 1"),
    ),
    "a hazard lies below 0": Mistake(
        "hazard_level_multipliers",
        "enrollment,3,1.20",
        "enrollment,3,-1.20",
        ("hazards", "a hazard below 0 or above 1 in 25-34, under 2, level 3"),
    ),
    "nearly everyone leaves": Mistake(
        "hazards",
        "termination,0.10,0.80",
        "termination,0.99,0.99",
        (
            "hazards",
            "a termination hazard above 0.95 leaves no hires to meet a growth target with",
        ),
    ),
    "a band has no reasons to leave": Mistake(
        "termination_reasons",
        "35-44,voluntary,73\n35-44,involuntary,26\n35-44,death,1\n",
        "",
        ("termination_reasons", "the weights of 35-44 do not fill 1,000 slots"),
    ),
    "a band's reasons weigh nothing": Mistake(
        "termination_reasons",
        "under 25,voluntary,82\nunder 25,involuntary,18\n",
        "under 25,voluntary,0\nunder 25,involuntary,0\n",
        ("termination_reasons", "the weights of under 25 do not fill 1,000 slots"),
    ),
    "a reason's weight is negative": Mistake(
        "termination_reasons",
        "45-54,involuntary,32",
        "45-54,involuntary,-1",
        ("termination_reasons", "the weights of 45-54 do not fill 1,000 slots"),
    ),
    "all ratings weigh nothing": Mistake(
        "performance_ratings",
        "",
        "solid,0,1.00\nstrong,0,1.40\n",
        ("performance_ratings", "the weights do not fill 1,000 slots"),
    ),
    "a rating's weight is negative": Mistake(
        "performance_ratings",
        "solid,55",
        "solid,-55",
        ("performance_ratings", "the weights do not fill 1,000 slots"),
    ),
    "there are no deferral choices": Mistake(
        "deferral_choices", "", "", ("deferral_choices", "the weights do not fill 1,000 slots")
    ),
    "all hires weigh nothing": Mistake(
        "hire_profile",
        "",
        "1,0,18,40,34000,58000\n",
        ("hire_profile", "the weights do not fill 1,000 slots"),
    ),
    "people are hired into a level that is not there": Mistake(
        "hire_profile", "5,1,42", "7,1,42", ("hire_profile", "level 7 is not in job_levels")
    ),
    "the census has a level that is not there": Mistake(
        "job_levels",
        "5,Executive,230000,600000,1.15\n",
        "",
        ("census", "level 5 is not in job_levels"),
    ),
    "the levels have a gap": Mistake(
        "job_levels",
        "3,Lead",
        "6,Lead",
        ("job_levels", "levels are not 1, 2, 3 and so on, each once"),
    ),
    "a level is there twice": Mistake(
        "job_levels",
        "3,Lead",
        "2,Lead",
        ("job_levels", "levels are not 1, 2, 3 and so on, each once"),
    ),
    "the first age band begins late": Mistake(
        "age_bands",
        "under 25,0",
        "under 25,16",
        ("age_bands, tenure_bands", "the first band does not begin at 0"),
    ),
    "the first tenure band begins late": Mistake(
        "tenure_bands",
        "under 2,0",
        "under 2,1",
        ("age_bands, tenure_bands", "the first band does not begin at 0"),
    ),
    "there are no legal limits": Mistake(
        "plan_limits", "", "", ("plan_limits", "there is no year")
    ),
}


@pytest.fixture(scope="module")
def initialized(tmp_path_factory: pytest.TempPathFactory) -> Workforce:
    workforce = Workforce(tmp_path_factory.mktemp("workforce"), changes=True)
    write_census(workforce.census, employees=200, start_year=FIRST_YEAR)
    outcome = build(workforce, "tag:INITIALIZATION")
    assert outcome.success, outcome.failed
    shutil.copy(workforce.database, workforce.folder / "sound.duckdb")
    return workforce


@pytest.fixture
def workforce(initialized: Workforce) -> Iterator[Workforce]:
    """An initialized database; a seed changed by the test is as before after it."""
    shutil.copy(initialized.folder / "sound.duckdb", initialized.database)
    seeds = initialized.project / "seeds"
    kept = {path: path.read_text() for path in seeds.glob("*.csv")}
    yield initialized
    for path, text in kept.items():
        path.write_text(text)


def build(workforce: Workforce, selection: str) -> Outcome:
    return workforce.dbt(
        "build", "--select", selection, "--indirect-selection", "empty", start_year=FIRST_YEAR
    )


def make(workforce: Workforce, mistake: Mistake) -> None:
    path = workforce.project / "seeds" / f"{mistake.seed}.csv"
    text = path.read_text()
    old = mistake.old or text.partition("\n")[2]
    assert old in text
    path.write_text(text.replace(old, mistake.new))


def told(outcome: Outcome) -> str:
    """Return what dbt says of the failed test."""
    assert set(outcome.failed) == {"lookups_are_complete"}
    (test,) = (node for node in outcome.nodes if node.name == "lookups_are_complete")
    return test.message


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_in_a_seed_is_found_and_told(workforce: Workforce, name: str) -> None:
    mistake = MISTAKES[name]
    make(workforce, mistake)

    outcome = build(workforce, f"{mistake.seed}+,tag:INITIALIZATION")

    assert ": ".join(mistake.told) in told(outcome)


def test_a_mistake_fails_the_whole_of_initialization(workforce: Workforce) -> None:
    mistake = MISTAKES["a band has no reasons to leave"]
    make(workforce, mistake)

    outcome = build(workforce, "tag:INITIALIZATION")

    assert ": ".join(mistake.told) in told(outcome)


def test_a_cell_that_is_no_number_is_refused_by_file_and_line(workforce: Workforce) -> None:
    make(workforce, Mistake("deferral_choices", "0.03,22", "0.03,many", ("", "")))
    outcome = build(workforce, "deferral_choices+,tag:INITIALIZATION")
    assert "seeds/deferral_choices.csv" in outcome.failed["deferral_choices"]
    assert "0.03,many" in outcome.failed["deferral_choices"]
