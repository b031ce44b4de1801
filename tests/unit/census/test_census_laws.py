"""Promises that hold for any census, tried on many."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shardrun.database.connection import DatabaseLimits
from shardrun.workforce.census_generation import generate_census

ImportText = Callable[..., Any]
RowsOf = Callable[[Path], list[tuple[Any, ...]]]

few = settings(
    max_examples=12,
    deadline=None,
    # every example overwrites the files of the one before it
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
ids = st.text(
    st.characters(exclude_categories=["Cc", "Cs", "Zs", "Zl", "Zp"]), min_size=1, max_size=12
)


@few
@given(
    employees=st.integers(1, 400),
    seed=st.integers(0, 2**64 - 1),
    as_of_year=st.integers(1950, 2100),
    suffix=st.sampled_from(["parquet", "csv"]),
)
def test_importing_a_generated_census_changes_nothing(
    import_file: ImportText,
    rows_of: RowsOf,
    tmp_path: Path,
    employees: int,
    seed: int,
    as_of_year: int,
    suffix: str,
) -> None:
    for each in ("parquet", "csv"):
        path = tmp_path / f"generated.{each}"
        summary = generate_census(path, employees=employees, seed=seed, as_of_year=as_of_year)
    imported = import_file(tmp_path / f"generated.{suffix}", as_of=date(as_of_year, 12, 31))
    assert imported.rows == rows_of(tmp_path / "generated.parquet")
    assert imported.result.profile == summary.profile
    assert imported.result.warnings == ()


@few
@given(order=st.randoms(use_true_random=False), threads=st.integers(1, 4))
def test_any_order_of_rows_gives_the_same_census(
    import_text: ImportText, tmp_path: Path, order: random.Random, threads: int
) -> None:
    generate_census(tmp_path / "generated.csv", employees=50, seed=9)
    header, *rows = (tmp_path / "generated.csv").read_text().splitlines()
    expected = import_text("\n".join([header, *rows])).rows
    order.shuffle(rows)
    limits = DatabaseLimits(threads=threads)
    assert import_text("\n".join([header, *rows]), limits=limits).rows == expected


@few
@given(ids=st.lists(ids, min_size=1, max_size=30, unique=True), delimiter=st.sampled_from(",;\t|"))
def test_any_id_survives_a_csv_of_any_delimiter(
    import_text: ImportText, ids: list[str], delimiter: str
) -> None:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter)
    writer.writerow(["employee_id", "birth_date", "hire_date", "compensation"])
    writer.writerows([each, "1980-05-06", "2010-01-31", "52000"] for each in ids)
    imported = import_text(text.getvalue())
    assert imported.column("employee_id") == sorted(ids, key=lambda each: each.encode())


def test_many_shuffled_people_come_out_in_order(
    import_file: ImportText, same_rows: Callable[[Path, Path], bool], tmp_path: Path
) -> None:
    generated, shuffled = tmp_path / "generated.parquet", tmp_path / "shuffled.parquet"
    generate_census(generated, employees=300_000, seed=11)
    with duckdb.connect() as connection:
        connection.execute(
            f"copy (from '{generated}' order by md5(employee_id)) to '{shuffled}' (format parquet)"
        )
    assert not same_rows(shuffled, generated)
    for threads in (1, 4):
        imported = import_file(shuffled, limits=DatabaseLimits(threads=threads))
        assert same_rows(imported.result.path, generated)
