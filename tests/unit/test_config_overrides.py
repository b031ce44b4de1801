from __future__ import annotations

from decimal import Decimal

import pytest

from shardrun.config.overrides import parse_memory, parse_years, with_overrides
from shardrun.config.simulation import SimulationConfig
from shardrun.errors import ConfigError, InputError
from shardrun.workforce.parameters import WorkforceConfig


def test_nothing_given_changes_nothing() -> None:
    assert with_overrides(WorkforceConfig()) == WorkforceConfig()


def test_what_is_given_replaces_the_files_values() -> None:
    config = with_overrides(
        WorkforceConfig(),
        start_year=2026,
        end_year=2027,
        threads=2,
        memory_limit_gb=Decimal("0.5"),
        shards=8,
    )
    assert isinstance(config, WorkforceConfig)
    assert (config.simulation.start_year, config.simulation.end_year) == (2026, 2027)
    assert config.performance.dbt_threads == 2
    assert config.performance.memory_limit_gb == Decimal("0.5")
    assert config.performance.event_sharding.enabled
    assert config.performance.event_sharding.shard_count == 8


def test_one_shard_turns_sharding_off() -> None:
    sharded = with_overrides(SimulationConfig(), shards=8)
    assert not with_overrides(sharded, shards=1).performance.event_sharding.enabled


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"threads": 0}, "--threads: 0 is too small; at least 1"),
        ({"threads": 1000}, "--threads: 1000 is too large; at most 256"),
        ({"shards": 0}, "--shards: expected a whole number from 1 to 1024, or auto, not 0"),
        ({"shards": 4096}, "--shards: expected a whole number from 1 to 1024, or auto, not 4096"),
        ({"memory_limit_gb": Decimal("0.1")}, "--memory-limit: 0.1 is too small; at least 0.5"),
        ({"start_year": 25, "end_year": 29}, "years: 25 is too small; at least 1900"),
        ({"start_year": 2030}, "years: the last year, 2029, is before the first, 2030"),
        ({"end_year": 2190}, "years: 166 years are too many; at most 100"),
    ],
)
def test_a_value_out_of_range_names_its_flag(given: dict[str, int], message: str) -> None:
    with pytest.raises(InputError) as caught:
        with_overrides(WorkforceConfig(), **given)
    assert message in str(caught.value).splitlines()
    assert not isinstance(caught.value, ConfigError)


@pytest.mark.parametrize(("text", "years"), [("2025-2029", (2025, 2029)), ("2027", (2027, 2027))])
def test_years_are_a_range_or_one_year(text: str, years: tuple[int, int]) -> None:
    assert parse_years(text) == years


@pytest.mark.parametrize(
    "text",
    [
        "25-29",
        "abc",
        "2025-",
        "-2029",
        "2025:2029",
        "",
        "20255",
        "2025-2029-2033",
        "\uff12\uff10\uff12\uff15",
        "9" * 5000,
    ],
)
def test_other_spellings_of_years_are_refused_with_the_right_one(text: str) -> None:
    with pytest.raises(InputError, match="such as 2025-2029, or one year, such as 2027"):
        parse_years(text)


def test_years_the_wrong_way_round_are_refused() -> None:
    with pytest.raises(InputError, match="the last year, 2025, is before the first, 2029"):
        parse_years("2029-2025")


def test_too_many_years_are_refused() -> None:
    with pytest.raises(InputError, match="8000 years are too many; at most 100"):
        parse_years("2000-9999")


@pytest.mark.parametrize(
    ("text", "gigabytes"),
    [("8GB", "8"), ("0.5GB", "0.5"), ("512MB", "0.512"), ("8 gb", "8"), ("1500mb", "1.5")],
)
def test_memory_is_read_in_gb_and_mb(text: str, gigabytes: str) -> None:
    assert parse_memory(text) == Decimal(gigabytes)


@pytest.mark.parametrize("text", ["8", "GB", "8TBB", "-8GB", "8GiB", "80%", "", "1e9GB", "nanGB"])
def test_other_spellings_of_memory_are_refused_with_the_right_one(text: str) -> None:
    with pytest.raises(InputError, match=r"--memory-limit: .* such as 8GB or 512MB"):
        parse_memory(text)
