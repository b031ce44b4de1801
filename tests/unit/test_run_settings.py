"""The settings of the Python API: listed once, and yet seen by whoever asks a function for them."""

from __future__ import annotations

import inspect
import shlex
from pathlib import Path
from typing import Any

import pytest

import shardrun
from shardrun.ensembles.members import checked_seeds, parse_seeds
from shardrun.errors import InputError
from shardrun.runs.settings import RunSettings, SharedSettings, configure

CALLS = [
    (shardrun.run, RunSettings),
    (shardrun.run_scenarios, SharedSettings),
    (shardrun.run_ensemble, SharedSettings),
]


@pytest.mark.parametrize(("call", "listed"), CALLS, ids=lambda value: value.__name__)
def test_a_signature_lists_every_setting_for_completion_and_help(call: Any, listed: Any) -> None:
    parameters = inspect.signature(call).parameters
    for name in listed.__annotations__:
        assert parameters[name].kind is inspect.Parameter.KEYWORD_ONLY
    assert "settings" not in parameters
    assert call.__doc__
    listings = "".join(inspect.getdoc(each) or "" for each in (RunSettings, SharedSettings))
    for name in listed.__annotations__:
        assert f"    {name}: " in listings


@pytest.mark.parametrize(("call", "listed"), CALLS, ids=lambda value: value.__name__)
def test_a_setting_that_is_not_there_is_refused_before_anything_happens(
    call: Any, listed: Any, tmp_path: Path
) -> None:
    first = {"run": (), "run_scenarios": (["a"],), "run_ensemble": ("1..2",)}[call.__name__]
    with pytest.raises(TypeError, match="unexpected keyword argument 'thread'"):
        call(*first, directory=tmp_path, thread=2)
    assert not list(tmp_path.iterdir())


def test_settings_lie_over_the_configuration() -> None:
    config = configure(
        shardrun.SimulationConfig(),
        years=(2027, 2028),
        seed=7,
        threads=3,
        memory_limit="2GB",
        shards=4,
        workers=2,
        executor="inline",
        keep_shards=True,
    )
    years, performance = config.simulation, config.performance
    assert (years.start_year, years.end_year, years.random_seed) == (2027, 2028, 7)
    assert (performance.dbt_threads, performance.memory_limit_gb) == (3, 2)
    sharding = performance.event_sharding
    assert (sharding.enabled, sharding.shard_count, sharding.workers) == (True, 4, 2)
    assert (sharding.executor, sharding.keep_shards) == ("inline", True)
    assert configure(shardrun.SimulationConfig(), years=2026).simulation.end_year == 2026


def test_a_configuration_knows_where_it_was_read_and_equals_the_same_read_elsewhere(
    tmp_path: Path,
) -> None:
    file = tmp_path / "it's theirs.yaml"
    (tmp_path / "dbt_project.yml").write_text("name: theirs\n")
    file.write_text(f"simulation: {{random_seed: 7}}\nproject: {{project_dir: {tmp_path}}}\n")
    named = configure(file, shards=4)
    inside = configure(file.name, directory=tmp_path, shards=4)
    quoted = shlex.quote(str(file))
    assert named.location.command("shardrun shard") == f"shardrun shard --config {quoted}"
    assert inside.location.command("shardrun shard") == (
        f"cd {tmp_path} && shardrun shard --config {shlex.quote(file.name)}"
    )
    unnamed = type(named).model_validate(named.model_dump())
    assert unnamed.location.command("shardrun shard") == "shardrun shard"
    assert named == inside == unnamed


@pytest.mark.parametrize(
    ("seeds", "says"),
    [([7], "at least two"), ([7, 7], "at least two"), ([1, -1], "-1"), ([0, 2**64], "at most")],
)
def test_numbers_that_make_no_ensemble_are_refused(seeds: list[int], says: str) -> None:
    with pytest.raises(InputError, match=says):
        checked_seeds(seeds)


def test_seeds_are_the_same_as_numbers_and_as_words() -> None:
    assert checked_seeds(range(1, 51)) == parse_seeds("1..50")
    with pytest.raises(InputError, match="too many"):
        checked_seeds(range(10**12))


def test_no_scenario_at_all_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="at least one"):
        shardrun.run_scenarios([], directory=tmp_path)
