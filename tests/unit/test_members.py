"""Promises about which runs several runs are: seeds as written, and each one's share."""

import pytest

from shardrun.ensembles.members import Member, members_of, parse_seeds
from shardrun.errors import InputError
from shardrun.sharding.sizing import RunShare, share_among_runs


@pytest.mark.parametrize(
    ("text", "seeds"),
    [
        ("1..3", (1, 2, 3)),
        ("3,5,8", (3, 5, 8)),
        ("1..2, 2..3,0", (1, 2, 3, 0)),
        (f"0..1,{2**64 - 1}", (0, 1, 2**64 - 1)),
    ],
)
def test_seeds_are_ranges_and_numbers_each_once(text: str, seeds: tuple[int, ...]) -> None:
    assert parse_seeds(text) == seeds


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is no seed"),
        ("1-50", "is no seed"),
        ("-1..3", "is no seed"),
        ("1...3", "is no seed"),
        ("5..1", "write 1..5"),
        ("7", "at least two seeds"),
        ("7,7", "at least two seeds"),
        (f"0,{2**64}", "too large"),
        (f"0..{10**15}", "too many"),
        ("0..9999,10000", "too many"),
    ],
)
def test_seeds_that_make_no_ensemble_are_refused(text: str, says: str) -> None:
    with pytest.raises(InputError, match=f"--seeds: .*{says}"):
        parse_seeds(text)


def test_all_scenarios_grow_together_and_no_two_members_share_a_database() -> None:
    members = members_of(("", "fast"), (1, 2))
    assert [str(member) for member in members] == [
        "seed 1",
        "fast, seed 1",
        "seed 2",
        "fast, seed 2",
    ]
    assert len({member.file_name for member in members}) == 4
    assert Member("", 1).file_name == "1.duckdb"


@pytest.mark.parametrize("runs", [1, 2, 3, 100])
@pytest.mark.parametrize("workers", [None, 1, 2, 5])
@pytest.mark.parametrize("memory_mb", [500, 999, 1100, 8000])
def test_runs_side_by_side_stay_within_the_memory_limit(
    runs: int, workers: int | None, memory_mb: int
) -> None:
    if workers and min(workers, runs) * 500 > memory_mb:
        with pytest.raises(InputError, match="fewer with --workers"):
            share_among_runs(runs, workers, cores=2, memory_mb=memory_mb)
        return
    share = share_among_runs(runs, workers, cores=2, memory_mb=memory_mb)
    assert share.workers <= runs
    assert share.workers * share.memory_mb <= memory_mb
    assert share.memory_mb >= 500
    assert share.threads * min(share.workers, 2) <= 2


def test_as_many_runs_go_at_once_as_there_are_cores_and_memory_for() -> None:
    assert share_among_runs(50, None, 2, 8000) == RunShare(2, 1, 4000)
    assert share_among_runs(50, None, 2, 999) == RunShare(1, 2, 999)
    with pytest.raises(InputError, match="500 MB"):
        share_among_runs(50, None, 2, 400)
