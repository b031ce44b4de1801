from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from shardrun.config.simulation import SimulationConfig, load_config
from shardrun.config.workflow import EventTable, StageConfig
from shardrun.config.yaml_source import MAX_BYTES
from shardrun.errors import ConfigError
from shardrun.stages import WorkflowStage
from shardrun.workforce.parameters import WorkforceConfig

BUNDLED = Path(__file__).parents[2] / "config" / "simulation_config.yaml"


def written(folder: Path, text: str) -> Path:
    path = folder / "config.yaml"
    path.write_text(text, encoding="utf-8", newline="")
    return path


def test_the_bundled_file_says_what_the_defaults_are() -> None:
    assert load_config(BUNDLED, WorkforceConfig) == WorkforceConfig()


def test_every_key_has_a_default(tmp_path: Path) -> None:
    assert load_config(written(tmp_path, "{}\n"), WorkforceConfig) == WorkforceConfig()
    assert load_config(written(tmp_path, "{}\n")) == SimulationConfig()


def test_a_project_without_a_workforce_has_no_workforce_keys(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"config\.yaml:1:1: census: unknown key"):
        load_config(written(tmp_path, "census: {}\n"))


def test_all_problems_are_listed_in_the_order_of_the_file(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "plan:\n  escalation_cap: 7\ncompensation: []\n"
        "simulation:\n  end_year: x\n  random_sed: 1\n",
    )
    with pytest.raises(ConfigError) as caught:
        load_config(path, WorkforceConfig)
    assert str(caught.value).splitlines() == [
        f"{path} is not acceptable: 4 problems",
        f"{path}:2:19: plan.escalation_cap: 7 is too large; at most 1",
        f"{path}:3:15: compensation: expected keys under it, not a list",
        f'{path}:5:13: simulation.end_year: expected a whole number, not the text "x"',
        f'{path}:6:3: simulation.random_sed: unknown key; did you mean "random_seed"?',
    ]


def test_what_stands_under_an_unknown_key_is_no_second_problem(tmp_path: Path) -> None:
    path = written(tmp_path, "workflow:\n  stages:\n    fondation: {threading: 3}\n")
    with pytest.raises(ConfigError, match="1 problem\n"):
        load_config(path)


def test_control_characters_of_a_file_never_reach_the_terminal(tmp_path: Path) -> None:
    path = written(tmp_path, 'compensation:\n  "\\e[31mx": 1\n  raise_date: "\\e[2J"\n')
    with pytest.raises(ConfigError) as caught:
        load_config(path, WorkforceConfig)
    assert "\x1b" not in str(caught.value)


@pytest.mark.parametrize(
    ("spelling", "value"),
    [
        ("0.03", "0.03"),
        ("0.030", "0.03"),
        ("3e-2", "0.03"),
        (".03", "0.03"),
        ("0", "0"),
        ("-0.0", "0"),
        ("1", "1"),
        ("0.1", "0.1"),
    ],
)
def test_a_rate_is_exactly_what_was_written(spelling: str, value: str, tmp_path: Path) -> None:
    path = written(tmp_path, f"compensation:\n  cola_rate: {spelling}\n")
    config = load_config(path, WorkforceConfig)
    assert config.compensation.cola_rate == Decimal(value)
    assert config.dbt_vars()["cola_rate"] == value


def test_bom_crlf_and_non_ascii_text_survive(tmp_path: Path) -> None:
    path = written(tmp_path, "\ufeffcensus:\r\n  columns:\r\n    hire_date: Eingestellt für\r\n")
    config = load_config(path, WorkforceConfig)
    assert config.census.columns.hire_date == "Eingestellt für"


def test_a_place_after_a_bom_and_crlf_is_right(tmp_path: Path) -> None:
    path = written(tmp_path, "\ufeffplan:\r\n  escalation_cap: 2\r\n")
    with pytest.raises(ConfigError, match=r"config\.yaml:2:19: "):
        load_config(path, WorkforceConfig)


def test_a_stage_given_replaces_its_default_as_a_whole_and_no_other(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "workflow:\n  stages:\n    initialization: {models: ['stg_*'], threading: sequential}\n",
    )
    stages = load_config(path).workflow.stages
    assert list(stages) == list(WorkflowStage)
    assert stages[WorkflowStage.INITIALIZATION] == StageConfig(
        models=("stg_*",), threading="sequential"
    )
    defaults = SimulationConfig().workflow.stages
    assert all(stages[stage] == defaults[stage] for stage in list(WorkflowStage)[1:])


def test_models_and_tags_become_selectors() -> None:
    stage = StageConfig(models=("stg_*", "+fct_pay"), tags=("FOUNDATION",))
    assert stage.selectors == ("stg_*", "+fct_pay", "tag:FOUNDATION")


def test_a_seed_stage_may_select_everything() -> None:
    assert StageConfig(command="seed").selectors == ()


def test_the_epics_keys_are_accepted(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        """\
performance:
  dbt_threads: 6
  max_parallel_years: 1
  event_sharding:
    enabled: true
    shard_count: 4
  memory_limit_gb: 8.0
workflow:
  stages:
    initialization:
      models: ["stg_*"]
      threading: sequential
    foundation:
      models: ["int_baseline_*", "int_compensation_*"]
      threading: parallel
      tags: ["FOUNDATION"]
""",
    )
    config = load_config(path)
    assert config.performance.event_sharding.enabled
    assert config.performance.memory_limit_gb == 8


def test_dbt_vars_are_the_flat_json_values_that_the_models_read() -> None:
    dbt_vars = WorkforceConfig().dbt_vars()
    assert json.loads(json.dumps(dbt_vars)) == {
        "start_year": 2025,
        "random_seed": 42,
        "target_growth_rate": "0.03",
        "pay_scale": "1",
        "cola_rate": "0.02",
        "merit_budget": "0.03",
        "raise_date": "04-01",
        "promotion_increase": "0.08",
        "eligibility_wait_days": 90,
        "escalation_date": "07-01",
        "escalation_step": "0.01",
        "escalation_cap": "0.1",
    }


def test_the_largest_seed_reaches_dbt_unchanged(tmp_path: Path) -> None:
    path = written(tmp_path, f"simulation:\n  random_seed: {2**64 - 1}\n")
    assert load_config(path).dbt_vars()["random_seed"] == 2**64 - 1


def test_a_configuration_never_changes() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        SimulationConfig().simulation.start_year = 2026  # type: ignore[misc]


def test_another_census_leaves_the_original_alone() -> None:
    config = WorkforceConfig()
    changed = config.with_census(Path("people.csv"))
    assert changed.census.path == Path("people.csv")
    assert config.census.path == Path("data/census.parquet")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere\.yaml: there is no such configuration file"):
        load_config(tmp_path / "nowhere.yaml")


def test_a_folder_is_no_configuration(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="can't be read: Is a directory"):
        load_config(tmp_path)


def test_a_file_too_large_to_be_a_configuration_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is larger than 256 KB"):
        load_config(written(tmp_path, "#" * (MAX_BYTES + 1)))


KEYS = st.sampled_from(
    [
        *WorkforceConfig.model_fields,
        "stages",
        *(stage.value for stage in WorkflowStage),
        *StageConfig.model_fields,
        "start_year",
        "end_year",
        "event_sharding",
        "raise_date",
        "cola_rate",
        "columns",
        "hours_per_year",
    ]
)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["04-01", "02-29", "run", "parallel"])
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(KEYS | st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=20,
)
# fmt: off
SNIPPETS = st.sampled_from([
    "plan: ", "simulation:\n  start_year: ", "&a ", "*a ", "!!str ", "? ", ": ", "- ", "[",
    "]", "{", "}", ", ", "'", "\"", "\n", "\n  ", "\t", "%YAML 1.1", "---\n", "# ",
    "\"\\UFFFFFFFF\"", "<<: ", ">\n", "0x", ".inf", "2025-01-01", "...\n", "@", "`",
    "\u0085", "\u2028", "\ufeff", "\u0000",
])
# fmt: on
TEXTS = st.text(max_size=60) | st.lists(SNIPPETS | st.text(max_size=3), max_size=12).map("".join)


def outcome(path: Path) -> str:
    try:
        return json.dumps(load_config(path, WorkforceConfig).dbt_vars())
    except ConfigError as error:
        return str(error)


def assert_loads_or_is_refused(path: Path) -> None:
    result = outcome(path)
    assert result.startswith(("{", f"{path}:", f"{path} is not acceptable: "))
    assert result.replace("\n", "").isprintable()


@settings(max_examples=300, deadline=None)
@given(content=TEXTS.map(str.encode) | st.binary(max_size=40))
def test_any_text_loads_or_is_refused(
    content: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    path.write_bytes(content)
    assert_loads_or_is_refused(path)


@settings(max_examples=300, deadline=None)
@given(data=st.dictionaries(KEYS, VALUES, max_size=5))
def test_any_values_load_or_are_refused(
    data: dict[str, object], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / "values.yaml"
    path.write_text(json.dumps(data), encoding="utf-8")
    assert_loads_or_is_refused(path)


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_the_bundled_file_with_a_slip_loads_or_is_refused(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    text = BUNDLED.read_text(encoding="utf-8")
    at = data.draw(st.integers(0, len(text)))
    removed = data.draw(st.integers(0, 12))
    path = tmp_path_factory.getbasetemp() / "slip.yaml"
    slipped = text[:at] + data.draw(SNIPPETS) + text[at + removed :]
    path.write_text(slipped, encoding="utf-8", newline="")
    assert_loads_or_is_refused(path)


def test_an_event_table_needs_no_more_than_its_model_its_shard_key_and_its_unique_key() -> None:
    table = EventTable.model_validate(
        {"model": "fct_loan_months", "shard_key": "loan_id", "unique_key": ["month", "loan_id"]}
    )
    assert table.entity_keys == ("loan_id",)
    assert table.order_by == table.unique_key


def test_a_stage_that_never_runs_needs_no_selector() -> None:
    assert StageConfig(when="never").selectors == ()
    with pytest.raises(ValueError, match="give models: or tags:"):
        StageConfig()


def test_vars_of_a_stage_are_as_exact_as_yaml_has_them(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(
        "workflow: {stages: {foundation: {tags: [F], vars: {rate: 0.25, name: x, on: true}}}}\n"
    )
    stage = load_config(path).workflow.stages[WorkflowStage.FOUNDATION]
    assert stage.vars == {"rate": 0.25, "name": "x", "on": True}
