"""What dbt would do around a model's SQL is honoured in a shard, or refused with its reason."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from shardrun.model_facts import ModelFacts
from shardrun.shard_safety import check_models

EVENTS = ModelFacts("events", Path("models/events.sql"), "incremental", "delete+insert")
RULE = ModelFacts("int_rule", Path("models/int_rule.sql"), "ephemeral")


@pytest.mark.parametrize("materialized", ["ephemeral", "view", "table"])
def test_plain_models_around_an_incremental_one_are_honoured(materialized: str) -> None:
    assert (
        check_models([replace(RULE, materialized=materialized), EVENTS], canonical="events") == ()
    )


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"language": "python"}, "python"),
        ({"has_pre_hooks": True}, "pre-hook"),
        ({"has_post_hooks": True}, "post-hook"),
        ({"contract_enforced": True}, "contract"),
        ({"uses_is_incremental": True}, "is_incremental()"),
        ({"materialized": "incremental"}, "materialized as incremental, and the union"),
        (
            {"materialized": "incremental", "incremental_strategy": "append"},
            "materialized as incremental by append",
        ),
        ({"materialized": "external"}, "materialized as external"),
    ],
)
def test_what_a_shard_would_not_do_is_refused(changes: dict[str, Any], says: str) -> None:
    (violation,) = check_models([replace(RULE, **changes), EVENTS], canonical="events")
    assert (violation.model, violation.place) == ("int_rule", "models/int_rule.sql")
    assert says in violation.reason


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        (
            {"materialized": "view", "incremental_strategy": None},
            "a union of shards writes a table",
        ),
        ({"incremental_strategy": None}, "replaces one period"),
        ({"incremental_strategy": "append"}, "replaces one period"),
        ({"incremental_strategy": "merge"}, "replaces one period"),
    ],
)
def test_the_canonical_table_is_one_that_a_union_can_write(
    changes: dict[str, Any], says: str
) -> None:
    (violation,) = check_models([replace(EVENTS, **changes)], canonical="events")
    assert says in violation.reason
    assert "delete+insert" in violation.advice


def test_the_canonical_table_may_be_made_anew_in_every_period() -> None:
    anew = replace(EVENTS, materialized="table", incremental_strategy=None)
    assert check_models([anew], canonical="events") == ()


def test_every_reason_is_told() -> None:
    broken = replace(RULE, has_pre_hooks=True, contract_enforced=True)
    assert len(check_models([broken, EVENTS], canonical="events")) == 2


def test_what_dbt_runs_around_every_command_is_refused() -> None:
    (violation,) = check_models(
        [EVENTS], canonical="events", run_hooks=["on-run-start of the_project"]
    )
    assert (violation.model, violation.place) == ("events", "models/events.sql")
    assert "dbt runs on-run-start of the_project with every command" in violation.reason
