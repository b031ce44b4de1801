"""Promises about scenarios: only what they say differs, and a mistake is theirs by line."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from shardrun.config.scenarios import find_scenario, load_with_scenario
from shardrun.config.simulation import load_config
from shardrun.errors import ConfigError, InputError
from shardrun.stages import WorkflowStage
from shardrun.workforce.parameters import WorkforceConfig

CONFIG = Path(__file__).parents[2] / "config" / "simulation_config.yaml"


def scenario(folder: Path, text: str, name: str = "other") -> Path:
    path = folder / "scenarios" / f"{name}.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    return path


def test_an_empty_scenario_changes_nothing(tmp_path: Path) -> None:
    config = load_with_scenario(CONFIG, scenario(tmp_path, "{}"), WorkforceConfig)
    assert config == load_config(CONFIG, WorkforceConfig)


def test_only_what_a_scenario_says_differs(tmp_path: Path) -> None:
    text = (
        "simulation:\n  target_growth_rate: 0.04\n"
        "workflow:\n  stages:\n    validation:\n      tags: [VALIDATION, MORE]\n"
    )
    config = load_with_scenario(CONFIG, scenario(tmp_path, text), WorkforceConfig)
    base = load_config(CONFIG, WorkforceConfig)
    assert config.simulation == base.simulation.model_copy(
        update={"target_growth_rate": Decimal("0.04")}
    )
    stage = config.workflow.stages[WorkflowStage.VALIDATION]
    before = base.workflow.stages[WorkflowStage.VALIDATION]
    assert stage == before.model_copy(update={"tags": ("VALIDATION", "MORE")})
    assert (
        config.model_copy(update={"simulation": base.simulation, "workflow": base.workflow}) == base
    )


def test_a_scenario_without_a_configuration_lies_over_the_defaults(tmp_path: Path) -> None:
    path = scenario(tmp_path, "compensation:\n  cola_rate: 0.05\n")
    config = load_with_scenario(None, path, WorkforceConfig)
    assert config.compensation.cola_rate == Decimal("0.05")
    assert config.simulation == WorkforceConfig().simulation


def test_a_mistake_is_told_by_the_scenarios_file_line_and_column(tmp_path: Path) -> None:
    path = scenario(tmp_path, "simulation:\n  end_yeer: 2030\n  target_growth_rate: 7\n")
    with pytest.raises(ConfigError) as caught:
        load_with_scenario(CONFIG, path, WorkforceConfig)
    assert f"{path}:2:3: simulation.end_yeer: unknown key" in str(caught.value)
    assert f"{path}:3:23: simulation.target_growth_rate: 7 is too large" in str(caught.value)


def test_years_that_only_together_are_wrong_are_the_scenarios_mistake(tmp_path: Path) -> None:
    path = scenario(tmp_path, "simulation:\n  end_year: 2020\n")
    with pytest.raises(ConfigError, match="2020, is before the first, 2025"):
        load_with_scenario(CONFIG, path, WorkforceConfig)


@pytest.mark.parametrize(
    ("there", "name", "hint"),
    [
        (["high_growth"], "hig_growth", 'did you mean "high_growth"'),
        (["a", "b"], "growth", "there are: a, b"),
        ([], "growth", "growth.yaml"),
        (["a"], "../a", "there is no"),
    ],
)
def test_an_unknown_scenario_is_refused_with_those_there_are(
    tmp_path: Path, there: list[str], name: str, hint: str
) -> None:
    for known in there:
        scenario(tmp_path, "{}", known)
    with pytest.raises(InputError) as caught:
        find_scenario([tmp_path], name)
    assert hint in str(caught.value)


@pytest.mark.parametrize("name", ["high_growth", "high_inflation"])
def test_the_bundled_scenarios_are_acceptable_and_change_something(name: str) -> None:
    config = load_with_scenario(CONFIG, find_scenario([CONFIG.parent], name), WorkforceConfig)
    assert config.dbt_vars() != load_config(CONFIG, WorkforceConfig).dbt_vars()


def test_a_configuration_without_scenarios_beside_it_takes_the_usual_ones(tmp_path: Path) -> None:
    usual, other = tmp_path / "config", tmp_path / "elsewhere"
    usual.mkdir()
    other.mkdir()
    theirs = scenario(usual, "{}")
    assert find_scenario([other, usual], "other") == theirs
    own = scenario(other, "{}")
    assert find_scenario([other, usual], "other") == own
