"""Promises about shards as data."""

import pickle
from dataclasses import replace
from pathlib import Path

import pytest

from shardrun.config.location import ConfigLocation
from shardrun.sharding.shard_results import failed_shard
from shardrun.sharding.shards import Relation, Shard, ShardInput
from tests.support.sharding import task_of

TASK = task_of(Path("/data/it's ours.duckdb"), 3, 8)


def test_a_shard_is_named_by_its_year_and_its_place() -> None:
    assert Shard(2027, 3, 8).name == "events_y2027_shard3"


@pytest.mark.parametrize("index", [-1, 8])
def test_a_shard_outside_its_year_is_refused(index: int) -> None:
    with pytest.raises(ValueError, match=f"there is no shard {index} of 8"):
        Shard(2027, index, 8)


def test_tasks_and_results_cross_process_boundaries() -> None:
    result = failed_shard(TASK, "no", model=TASK.models[0])
    assert pickle.loads(pickle.dumps(TASK)) == TASK
    assert pickle.loads(pickle.dumps(result)) == result


@pytest.mark.parametrize(
    "other",
    [
        replace(TASK, origin="run 2"),
        replace(TASK, shard=Shard(2028, 3, 8)),
        replace(TASK, shard=Shard(2027, 4, 8)),
        replace(TASK, shard=Shard(2027, 3, 9)),
        replace(TASK, models=(replace(TASK.models[0], sql="select 1"), *TASK.models[1:])),
        replace(TASK, models=(replace(TASK.models[0], materialization="table"), *TASK.models[1:])),
        replace(TASK, models=TASK.models[::-1]),
        replace(TASK, inputs=(ShardInput(Relation("main", "others")), *TASK.inputs)),
        replace(TASK, canonical=Relation("main", "int_leavers")),
        replace(TASK, with_inputs=True),
    ],
)
def test_whatever_decides_a_file_decides_its_fingerprint(other: object) -> None:
    assert getattr(other, "fingerprint") != TASK.fingerprint  # noqa: B009


def test_what_does_not_decide_a_file_leaves_its_fingerprint() -> None:
    elsewhere = replace(TASK, threads=4, memory_mb=9000, folder=Path("/elsewhere"))
    assert elsewhere.fingerprint == TASK.fingerprint


def test_a_failure_says_where_it_was_and_how_to_see_it_again() -> None:
    failure = failed_shard(TASK, "Binder Error: no such column", model=TASK.models[0]).failure
    assert str(failure) == (
        "shard 3 of 8, year 2027, model int_raises: Binder Error: no such column\n"
        "  its SQL: /data/it's ours.shardrun/sql/events_y2027_shard3/int_raises.sql\n"
        "  run it alone: shardrun shard 3 --of 8 --year 2027 "
        "--database '/data/it'\"'\"'s ours.duckdb'"
    )


def test_a_task_is_the_same_wherever_its_configuration_was_read() -> None:
    elsewhere = replace(TASK, location=ConfigLocation(Path("theirs.yaml"), Path("/elsewhere")))
    assert elsewhere == TASK
    assert elsewhere.fingerprint == TASK.fingerprint
    assert elsewhere.reproduce == f"cd /elsewhere && {TASK.reproduce} --config theirs.yaml"
