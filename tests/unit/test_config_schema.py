"""Promises of the configuration's JSON Schema: an editor never objects to what a run accepts."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from docs.generate_reference import generated_files
from shardrun.config.schema import config_schema
from shardrun.config.simulation import SimulationConfig
from shardrun.config.yaml_source import read_yaml
from shardrun.workforce.parameters import WorkforceConfig
from tests.support.in_process import invoke

REPOSITORY = Path(__file__).parents[2]
SHIPPED = sorted((REPOSITORY / "config").rglob("*.yaml"))
EDITOR = Draft202012Validator(config_schema(WorkforceConfig))


@pytest.mark.parametrize("file", generated_files(), ids=lambda file: file.name)
def test_what_the_code_says_of_itself_is_up_to_date(file: Path) -> None:
    assert file.read_text(encoding="utf-8") == generated_files()[file], "run `make reference`"


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.name)
def test_every_shipped_configuration_names_the_schema_and_keeps_to_it(file: Path) -> None:
    named = re.match(r"# yaml-language-server: \$schema=(\S+)\n", file.read_text())
    assert named
    schema = json.loads((file.parent / named[1]).read_text())
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(read_yaml(file).data)


def test_every_key_is_described() -> None:
    sections = config_schema(WorkforceConfig)["$defs"]
    assert sections
    undescribed = [
        (section, key)
        for section, schema in sections.items()
        for key, described in schema.get("properties", {}).items()
        if not described.get("description")
    ]
    assert undescribed == []


def leaves(value: object, at: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    if not isinstance(value, dict):
        return [at]
    return [leaf for key, below in value.items() for leaf in leaves(below, (*at, key))]


DEFAULTS = json.loads(WorkforceConfig().model_dump_json())
VALUES = (
    st.none()
    | st.booleans()
    | st.integers(-3, 3000)
    | st.decimals(-2, 2, places=3).map(float)
    | st.sampled_from(["04-01", "run", "auto", "hourly", "loky", "never", "%d.%m.%Y", ["A"], {}])
)


@settings(max_examples=400, deadline=None)
@given(at=st.sampled_from(leaves(DEFAULTS)), value=VALUES)
def test_what_a_run_accepts_an_editor_accepts(
    at: tuple[str, ...], value: Any, tmp_path_factory: pytest.TempPathFactory
) -> None:
    text: Any = value
    for key in reversed(at):
        text = {key: text}
    file = tmp_path_factory.getbasetemp() / "schema.yaml"
    file.write_text(json.dumps(text))
    written = read_yaml(file).data
    try:
        WorkforceConfig.model_validate(written)
    except ValidationError:
        return
    EDITOR.validate(written)


@pytest.mark.parametrize(
    "mistake",
    [
        {"simulaton": {}},
        {"simulation": {"start_yaer": 2025}},
        {"simulation": {"start_year": "2025"}},
        {"simulation": {"target_growth_rate": "0.03"}},
        {"simulation": {"target_growth_rate": 3}},
        {"compensation": {"raise_date": "1 April"}},
        {"census": {"pay_period": "weekly"}},
        {"workflow": {"stages": {"founding": {}}}},
        {"workflow": {"stages": {"foundation": {"command": "compile"}}}},
        {"performance": {"event_sharding": {"shard_count": 0}}},
        {"performance": {"event_sharding": {"shard_count": "many"}}},
        {"performance": {"event_sharding": True}},
    ],
    ids=str,
)
def test_an_editor_marks_what_a_run_would_refuse(mistake: dict[str, object]) -> None:
    assert not EDITOR.is_valid(mistake)


def test_another_project_has_no_workforce_keys() -> None:
    assert set(config_schema(SimulationConfig)["properties"]) == set(SimulationConfig.model_fields)


def test_the_schema_is_printed_for_the_project_that_a_configuration_names(tmp_path: Path) -> None:
    bundled = invoke("config", "schema", cwd=tmp_path)
    assert json.loads(bundled.stdout) == config_schema(WorkforceConfig)
    tiny = REPOSITORY / "tests" / "projects" / "tiny"
    (tmp_path / "tiny").symlink_to(tiny)
    other = invoke("config", "schema", "--config", "tiny/simulation_config.yaml", cwd=tmp_path)
    assert json.loads(other.stdout) == config_schema(SimulationConfig)
