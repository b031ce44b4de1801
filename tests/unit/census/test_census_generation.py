"""Promises about a synthetic census: reproducible, believable, written whole."""

from __future__ import annotations

import csv
import hashlib
import statistics
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import pytest

from shardrun.database.connection import DatabaseLimits
from shardrun.errors import InputError, ShardrunError
from shardrun.workforce.census_generation import generate_census

PEOPLE = 20_000

# written down once, from DuckDB 2.0.0; 1.5.6 gives the same
FIRST_OF_SEED_42 = (
    "E0000001",
    date(1984, 5, 30),
    date(2005, 3, 6),
    Decimal("57148.00"),
    1,
    False,
    Decimal("0.0000"),
)
ROWS_OF_SEED_42 = "b6452792292b94de889cd6afb11eac5b31324761b69921230e7d95a77645c60b"

RowsOf = Callable[[Path], list[tuple[Any, ...]]]
Ask = Callable[[str], Any]


@pytest.fixture(scope="module")
def census(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("census") / "census.parquet"
    generate_census(path, employees=PEOPLE, seed=42)
    return path


@pytest.fixture(scope="module")
def ask(census: Path) -> Ask:
    """Return a function that selects from the census, with age and tenure in years beside it."""
    people = (
        "(select *, (date '2024-12-31' - birth_date) / 365.25 as age,"
        f" (date '2024-12-31' - hire_date) / 365.25 as tenure from read_parquet('{census}'))"
    )

    def select(expression: str, rest: str = "") -> Any:
        with duckdb.connect() as connection:
            rows = connection.execute(f"select {expression} from {people} {rest}").fetchall()
        return [row[0] for row in rows] if rest else rows[0][0]

    return select


def test_the_same_seed_gives_the_same_people_for_any_thread_count(
    tmp_path: Path, same_rows: Callable[[Path, Path], bool]
) -> None:
    # three row groups, so that threads have something to disagree on
    for threads in (1, 2, 6):
        path = tmp_path / f"{threads}.parquet"
        generate_census(path, employees=300_000, seed=7, limits=DatabaseLimits(threads=threads))
    assert same_rows(tmp_path / "1.parquet", tmp_path / "2.parquet")
    assert same_rows(tmp_path / "1.parquet", tmp_path / "6.parquet")


def test_the_people_of_a_seed_are_the_same_in_every_duckdb(tmp_path: Path, rows_of: RowsOf) -> None:
    path = tmp_path / "census.parquet"
    generate_census(path, employees=1000, seed=42)
    rows = rows_of(path)
    assert rows[0] == FIRST_OF_SEED_42
    assert hashlib.sha256(repr(rows).encode()).hexdigest() == ROWS_OF_SEED_42


def test_another_seed_gives_other_people(tmp_path: Path, rows_of: RowsOf) -> None:
    seeds = (0, 1, 2**32, 2**64 - 1)
    for seed in seeds:
        generate_census(tmp_path / f"{seed}.parquet", employees=200, seed=seed)
    assert len({repr(rows_of(tmp_path / f"{seed}.parquet")) for seed in seeds}) == len(seeds)


def test_a_larger_census_begins_with_the_people_of_a_smaller_one(
    tmp_path: Path, rows_of: RowsOf
) -> None:
    for employees in (50, 500):
        generate_census(tmp_path / f"{employees}.parquet", employees=employees, seed=3)
    assert rows_of(tmp_path / "500.parquet")[:50] == rows_of(tmp_path / "50.parquet")


def test_rows_are_in_the_order_of_unique_ids(census: Path, rows_of: RowsOf) -> None:
    ids = [row[0] for row in rows_of(census)]
    assert ids[0] == "E0000001"
    assert ids[-1] == "E0020000"
    assert all(earlier < later for earlier, later in pairwise(ids))


def test_parquet_has_the_canonical_columns(census: Path) -> None:
    with duckdb.connect() as connection:
        described = connection.execute("describe from read_parquet(?)", [str(census)]).fetchall()
    assert [(name, kind) for name, kind, *_ in described] == [
        ("employee_id", "VARCHAR"),
        ("birth_date", "DATE"),
        ("hire_date", "DATE"),
        ("annual_compensation", "DECIMAL(12,2)"),
        ("job_level", "TINYINT"),
        ("is_enrolled", "BOOLEAN"),
        ("deferral_rate", "DECIMAL(5,4)"),
    ]


def test_csv_holds_the_same_people_as_parquet(tmp_path: Path, rows_of: RowsOf) -> None:
    for suffix in ("csv", "parquet"):
        generate_census(tmp_path / f"census.{suffix}", employees=300, seed=5)
    with (tmp_path / "census.csv").open(newline="") as file:
        written = [tuple(row) for row in csv.reader(file)]
    expected = [
        tuple(str(value).lower() if isinstance(value, bool) else str(value) for value in row)
        for row in rows_of(tmp_path / "census.parquet")
    ]
    assert written[1:] == expected
    assert written[0][0] == "employee_id"


def test_the_summary_counts_what_is_in_the_file(tmp_path: Path, rows_of: RowsOf) -> None:
    path = tmp_path / "census.csv"
    summary = generate_census(path, employees=300, seed=5, as_of_year=2030)
    generate_census(tmp_path / "census.parquet", employees=300, seed=5, as_of_year=2030)
    rows = rows_of(tmp_path / "census.parquet")
    assert (summary.path, summary.as_of, summary.seed) == (path, date(2030, 12, 31), 5)
    assert summary.profile.employees == 300
    assert summary.profile.total_compensation == sum(row[3] for row in rows)
    assert summary.profile.enrolled == sum(row[5] for row in rows)
    assert dict(summary.profile.employees_by_level)[1] == sum(row[4] == 1 for row in rows)


def test_nobody_is_hired_too_young_or_after_the_census_date(ask: Ask) -> None:
    assert ask("count(*) filter (hire_date < birth_date + to_years(18))") == 0
    assert ask("max(hire_date)") <= date(2024, 12, 31)
    assert 18 <= ask("min(age)") < 20
    assert 65 < ask("max(age)") < 70


def test_tenure_and_level_and_pay_rise_with_age(ask: Ask) -> None:
    decades = "where age >= 20 and age < 60 group by floor(age / 10) order by floor(age / 10)"
    for measure in ("avg(tenure)", "avg(job_level)", "avg(annual_compensation)"):
        by_decade = ask(measure, decades)
        assert len(by_decade) == 4
        assert by_decade == sorted(by_decade)
    assert ask("corr(tenure, job_level)") > 0.2


def test_there_are_fewer_people_at_every_higher_level(ask: Ask) -> None:
    counts = ask("count(*)", "group by job_level order by job_level")
    assert len(counts) == 5
    assert counts == sorted(counts, reverse=True)
    assert counts[-1] > PEOPLE / 100


def test_pay_lies_in_the_band_of_the_level(ask: Ask, job_levels: Path) -> None:
    with job_levels.open(newline="") as file:
        bands = [
            (Decimal(level["min_compensation"]), Decimal(level["max_compensation"]))
            for level in csv.DictReader(file)
        ]
    lowest = ask("min(annual_compensation)", "group by job_level order by job_level")
    highest = ask("max(annual_compensation)", "group by job_level order by job_level")
    for pay_from, pay_to, (start, end) in zip(lowest, highest, bands, strict=True):
        assert start <= pay_from < pay_to < end


def test_pay_is_skewed_to_the_right_as_pay_is(ask: Ask) -> None:
    assert ask("avg(annual_compensation)") > ask("median(annual_compensation)")
    assert ask("skewness(annual_compensation::double)") > 1
    assert abs(ask("skewness(ln(annual_compensation::double))")) < 0.7


def test_more_people_enroll_and_defer_more_with_age_and_with_pay(ask: Ask) -> None:
    old_hand = "where tenure > 1"
    for measure in ("avg(is_enrolled::integer)", "avg(deferral_rate) filter (is_enrolled)"):
        young, old = ask(measure, f"{old_hand} group by age >= 45 order by age >= 45")
        low, high = ask(
            measure,
            f"{old_hand} group by annual_compensation >= 80000"
            " order by annual_compensation >= 80000",
        )
        assert young < old
        assert low < high
    assert 0.5 < ask("avg(is_enrolled::integer)") < 0.8


def test_nobody_is_enrolled_in_the_first_90_days(ask: Ask) -> None:
    assert ask("count(*) filter (is_enrolled and date '2024-12-31' - hire_date < 90)") == 0
    assert ask("count(*) filter (date '2024-12-31' - hire_date < 90)") > 0


def test_only_the_enrolled_defer_and_at_most_a_fifth(ask: Ask) -> None:
    assert ask("count(*) filter (is_enrolled <> (deferral_rate > 0))") == 0
    assert Decimal("0.10") < ask("max(deferral_rate)") <= Decimal("0.20")


def test_neighbours_have_nothing_in_common(census: Path, rows_of: RowsOf) -> None:
    for column in (1, 2, 3):
        values = [row[column] for row in rows_of(census)]
        numbers = [float(v) if isinstance(v, Decimal) else float(v.toordinal()) for v in values]
        assert abs(statistics.correlation(numbers[1:], numbers[:-1])) < 0.03


@pytest.mark.parametrize(
    ("name", "settings", "told"),
    [
        ("census.xlsx", {"employees": 1, "seed": 1}, ".parquet or .csv"),
        ("census", {"employees": 1, "seed": 1}, ".parquet or .csv"),
        ("census.csv", {"employees": 0, "seed": 1}, "employees: 0"),
        ("census.csv", {"employees": 2**32, "seed": 1}, "employees: 4294967296"),
        ("census.csv", {"employees": 1, "seed": -1}, "seed: -1"),
        ("census.csv", {"employees": 1, "seed": 2**64}, "seed: 18446744073709551616"),
        ("census.csv", {"employees": 1, "seed": 1, "as_of_year": 12}, "as-of year: 12"),
    ],
)
def test_what_cannot_be_made_is_refused_and_nothing_written(
    tmp_path: Path, name: str, settings: dict[str, int], told: str
) -> None:
    with pytest.raises(InputError) as refused:
        generate_census(tmp_path / name, **settings)
    assert told in str(refused.value)
    assert list(tmp_path.iterdir()) == []


def test_a_directory_is_not_overwritten(tmp_path: Path) -> None:
    target = tmp_path / "census.parquet"
    target.mkdir()
    with pytest.raises(InputError, match="is a directory"):
        generate_census(target, employees=1, seed=1)


def test_folders_on_the_way_are_made(tmp_path: Path) -> None:
    target = tmp_path / "new" / "it's [here]" / "census.csv"
    assert generate_census(target, employees=3, seed=1).profile.employees == 3
    assert [path.name for path in target.parent.iterdir()] == ["census.csv"]


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    old = tmp_path / "census.parquet"
    old.write_text("old")
    with pytest.raises(ShardrunError, match="memory"):
        generate_census(old, employees=3_000_000, seed=1, limits=DatabaseLimits(memory_mb=1))
    assert old.read_text() == "old"
    assert list(tmp_path.iterdir()) == [old]


def test_a_place_that_cannot_be_written_to_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(InputError, match=r"census\.csv can't be written"):
        generate_census(tmp_path / "file" / "census.csv", employees=3, seed=1)
