"""Promises about a census file that is, or seems to be, in canonical form already."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from shardrun.errors import CensusError
from shardrun.workforce.census_import import import_census

ImportFile = Callable[..., Any]

IN_FORM = """
    select * from (values
        ('A', date '1980-05-06', date '2010-01-31', 52000, 2, true, 0.06),
        ('B', date '1975-12-01', date '2001-07-15', 91000, 2, false, 0),
        ('C', date '1990-03-04', date '2020-02-03', 41000, 1, true, 0)
    ) as people(
        employee_id, birth_date, hire_date, annual_compensation, job_level, is_enrolled,
        deferral_rate
    )
"""
TYPES = {
    "annual_compensation": "decimal(12,2)",
    "job_level": "tinyint",
    "deferral_rate": "decimal(5,4)",
}


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes a Parquet file as no writer of ours would."""

    def write(query: str = IN_FORM, types: dict[str, str] = TYPES, order: str = "") -> Path:
        path = tmp_path / "people.parquet"
        typed = ", ".join(f"{name}::{sql_type} as {name}" for name, sql_type in types.items())
        with duckdb.connect() as connection:
            connection.execute(
                f"copy (select * replace ({typed}) from ({query}) {order}) to '{path}'"
                " (format parquet, compression gzip, kv_metadata {written: 'elsewhere'})"
            )
        return path

    return write


def test_a_file_in_form_is_taken_over_byte_for_byte(
    written: Callable[..., Path], import_file: ImportFile
) -> None:
    source = written()
    assert import_file(source).result.path.read_bytes() == source.read_bytes()


@pytest.mark.parametrize(
    ("query", "types", "order"),
    [
        pytest.param(IN_FORM, TYPES, "order by employee_id desc", id="order"),
        pytest.param(IN_FORM, {**TYPES, "job_level": "integer"}, "", id="types"),
        pytest.param(f"select *, 1 as shoe_size from ({IN_FORM})", TYPES, "", id="more columns"),
        pytest.param(
            f"select * replace (nullif(job_level, 1) as job_level) from ({IN_FORM})",
            TYPES,
            "",
            id="a level to be filled in",
        ),
        pytest.param(
            f"select * replace (nullif(is_enrolled, false) as is_enrolled) from ({IN_FORM})",
            TYPES,
            "",
            id="an enrolment to be filled in",
        ),
        pytest.param(
            f"select * replace (if(is_enrolled, deferral_rate, null) as deferral_rate)"
            f" from ({IN_FORM})",
            TYPES,
            "",
            id="a rate to be filled in",
        ),
    ],
)
def test_what_is_nearly_in_form_becomes_the_same_census(
    written: Callable[..., Path],
    import_file: ImportFile,
    query: str,
    types: dict[str, str],
    order: str,
) -> None:
    expected = import_file(written()).rows
    source = written(query, types, order)
    imported = import_file(source)
    assert imported.rows == expected
    assert imported.result.path.read_bytes() != source.read_bytes()


def test_columns_in_form_taken_for_others_are_written_as_what_they_are_taken_for(
    written: Callable[..., Path], import_file: ImportFile
) -> None:
    swapped = (
        f"select * replace (hire_date as birth_date, birth_date as hire_date) from ({IN_FORM})"
    )
    columns = {"birth_date": "hire_date", "hire_date": "birth_date"}
    expected = import_file(written()).rows
    assert import_file(written(swapped), columns=columns).rows == expected


def test_pay_of_a_month_in_form_becomes_annual(
    written: Callable[..., Path], import_file: ImportFile
) -> None:
    columns = {"compensation": "annual_compensation"}
    imported = import_file(written(), columns=columns, pay_period="monthly")
    assert imported.column("annual_compensation") == [624_000, 1_092_000, 492_000]


@pytest.mark.parametrize("repeated", [("A", "A"), (" A", "A"), ("A", "A "), ("A", "B", "A")])
def test_ids_that_repeat_are_refused_in_any_order(
    written: Callable[..., Path], import_file: ImportFile, repeated: tuple[str, ...]
) -> None:
    rows = " union all ".join(
        f"(select * replace ('{each}' as employee_id) from ({IN_FORM}) limit 1)"
        for each in repeated
    )
    with pytest.raises(CensusError, match=f"row {len(repeated)}: .*first in row 1"):
        import_file(written(rows))


OWN = "No;Born;Since;Wage\nA;06.05.1980;31.01.2010;25,00\nB;01.12.1975;15.07.2001;43,75\n"
SAID_OF_OWN = {
    "columns": {
        "employee_id": "No",
        "birth_date": "Born",
        "hire_date": "Since",
        "compensation": "Wage",
    },
    "date_format": "%d.%m.%Y",
    "pay_period": "hourly",
}


@pytest.mark.parametrize("name", ["imported_once.parquet", "imported_once.csv"])
def test_what_was_imported_is_read_with_the_configuration_of_the_file_that_it_came_from(
    tmp_path: Path, job_levels: Path, import_file: ImportFile, name: str
) -> None:
    own = tmp_path / "own.csv"
    own.write_text(OWN)
    settings: dict[str, Any] = {"job_levels": job_levels, "as_of": date(2024, 12, 31)}
    once = import_census(own, tmp_path / name, **settings, **SAID_OF_OWN)
    twice = import_file(once.path, **SAID_OF_OWN)
    assert twice.rows == import_file(own, **SAID_OF_OWN).rows
    assert twice.column("annual_compensation") == [52_000, 91_000]
    assert any("are not applied to it again" in note for note in twice.result.notes)
    assert not any("again" in note for note in once.notes)


def test_a_file_without_the_columns_that_are_named_is_refused_unless_it_was_imported(
    tmp_path: Path, import_file: ImportFile
) -> None:
    own = tmp_path / "own.csv"
    own.write_text(OWN.replace("No;", "employee_id;"))
    with pytest.raises(CensusError, match="names 'No', which the file does not have"):
        import_file(own, **SAID_OF_OWN)
