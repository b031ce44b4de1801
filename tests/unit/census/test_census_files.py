"""Promises about the forms a census file may come in: nothing of it is lost or misread."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from shardrun.errors import CensusError
from shardrun.workforce.census_generation import generate_census

ImportText = Callable[..., Any]

PEOPLE = (
    "employee_id,birth_date,hire_date,compensation,job_level,is_enrolled,deferral_rate\n"
    "0007,1980-05-06,2010-01-31,52000,2,true,0.06\n"
    "0012,1975-12-01,2001-07-15,91000.50,2,false,0\n"
)
ROWS = [
    ("0007", date(1980, 5, 6), date(2010, 1, 31), Decimal("52000.00"), 2, True, Decimal("0.06")),
    ("0012", date(1975, 12, 1), date(2001, 7, 15), Decimal("91000.50"), 2, False, Decimal(0)),
]
BARE = "employee_id,birth_date,hire_date,compensation\n"
BARE_ROW = ",1980-05-06,2010-01-31,52000\n"


def test_a_plain_csv_comes_through(import_text: ImportText) -> None:
    imported = import_text(PEOPLE)
    assert imported.rows == ROWS
    assert imported.result.rows == 2
    assert imported.result.warnings == ()


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_delimiters_line_ends_and_byte_order_marks_do_not_matter(
    import_text: ImportText, delimiter: str, line_end: str, encoding: str
) -> None:
    text = PEOPLE.replace(",", delimiter).replace("\n", line_end)
    assert import_text(text.encode(encoding)).rows == ROWS


def test_mixed_line_ends_and_no_last_one_do_not_matter(import_text: ImportText) -> None:
    header, first, second, _ = PEOPLE.split("\n")
    assert import_text(f"{header}\r\n{first}\n{second}").rows == ROWS


def test_quotes_and_what_they_protect_survive(import_text: ImportText) -> None:
    ids = ['"a,b"', '"say ""hi"""', '"two\nlines"', '"it\'s"', '" 1 "', "5'9"]
    imported = import_text(BARE + "".join(each + BARE_ROW for each in ids))
    expected = ["a,b", 'say "hi"', "two\nlines", "it's", " 1 ", "5'9"]
    assert sorted(imported.column("employee_id")) == sorted(expected)


def test_letters_of_any_script_survive(import_text: ImportText) -> None:
    ids = ["Müller", "Ягода", "山田", "نور", "Zoë-😀"]
    imported = import_text(BARE + "".join(each + BARE_ROW for each in ids))
    assert sorted(imported.column("employee_id")) == sorted(ids)


def test_an_old_windows_file_is_read_and_said_to_be_one(import_text: ImportText) -> None:
    imported = import_text((BARE + "Müller\u20137" + BARE_ROW).encode("cp1252"))
    assert imported.column("employee_id") == ["Müller\u20137"]
    assert "Windows-1252" in imported.result.warnings[0]


def test_leading_zeros_and_number_like_ids_stay_text(import_text: ImportText) -> None:
    ids = ["0001", "1", "1.0", "1e5", "+1", "NULL", "true", "2024-01-01"]
    imported = import_text(BARE + "".join(each + BARE_ROW for each in ids))
    assert imported.column("employee_id") == sorted(ids)


def test_blank_lines_and_empty_rows_are_left_out_and_the_latter_told(
    import_text: ImportText,
) -> None:
    header, first, second, _ = PEOPLE.split("\n")
    imported = import_text(f"\n{header}\n{first}\n\n,,,,,,\n{second}\n\n\n")
    assert imported.rows == ROWS
    assert imported.result.warnings == ("nothing stands there, and it is left out: row 5",)


def test_columns_may_come_in_any_order_among_others(import_text: ImportText) -> None:
    imported = import_text(
        "Site,HIRE DATE,Employee ID,Annual_Compensation,Birth-Date,Site\n"
        "x,2010-01-31,0007,52000,1980-05-06,y\n"
    )
    assert imported.rows[0][:4] == ROWS[0][:4]
    assert "columns not used: Site, Site" in imported.result.notes


def test_own_column_names_are_matched_as_the_config_says(import_text: ImportText) -> None:
    imported = import_text(
        'Nr.,geb.,"Eintritt, am",Gehalt\n0007,1980-05-06,2010-01-31,52000\n',
        columns={
            "employee_id": "Nr.",
            "birth_date": "geb.",
            "hire_date": "eintritt, am ",
            "compensation": "Gehalt",
        },
    )
    assert imported.rows[0][:4] == ROWS[0][:4]


def test_wide_files_are_read(import_text: ImportText) -> None:
    extra = [f"extra {number}" for number in range(3000)]
    lines = PEOPLE.split("\n")[:-1]
    wide = [lines[0] + "," + ",".join(extra)] + [line + "," * len(extra) for line in lines[1:]]
    imported = import_text("\n".join(wide))
    assert imported.rows == ROWS
    assert imported.result.notes[-1].endswith("extra 9 and 2990 more")


def test_parquet_of_other_types_is_read(import_file: ImportText, tmp_path: Path) -> None:
    source = tmp_path / "people.anything"
    with duckdb.connect() as connection:
        connection.execute(
            "copy (select 7::bigint as employee_id, timestamp '1980-05-06 00:00:00' as birth_date,"
            " '2010-01-31' as hire_date, 52000.0::double as annual_compensation,"
            " 2.0::double as job_level, 1::tinyint as is_enrolled, 0.06::float as deferral_rate)"
            f" to '{source}' (format parquet)"
        )
    [row] = import_file(source).rows
    assert row == ("7", *ROWS[0][1:])


def test_time_zones_do_not_move_a_day(import_file: ImportText, tmp_path: Path) -> None:
    source = tmp_path / "people.parquet"
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        connection.execute(
            "copy (select 'a' as employee_id, timestamptz '1980-05-06 00:00:00+00' as birth_date,"
            " date '2010-01-31' as hire_date, 52000 as compensation)"
            f" to '{source}' (format parquet)"
        )
    assert import_file(source).rows[0][1] == date(1980, 5, 6)


def test_names_of_files_are_never_patterns(import_file: ImportText, tmp_path: Path) -> None:
    for name in ("[a].csv", "*.csv", "a?.csv", "it's.csv", "year=2024"):
        source = tmp_path / name
        source.write_text(PEOPLE)
        assert import_file(source).rows == ROWS


def test_rows_come_out_by_id(import_text: ImportText) -> None:
    ids = ["b", "a", "C", "10", "9"]
    imported = import_text(BARE + "".join(each + BARE_ROW for each in ids))
    assert imported.column("employee_id") == ["10", "9", "C", "a", "b"]


def test_a_file_may_be_replaced_by_its_own_import(import_text: ImportText) -> None:
    first = import_text(PEOPLE)
    again = import_text(first.result.path.read_bytes())
    assert again.rows == ROWS


def test_damage_deep_in_a_parquet_file_is_one_message(
    import_file: ImportText, tmp_path: Path
) -> None:
    source = tmp_path / "people.parquet"
    generate_census(source, employees=5000, seed=1)
    whole = source.read_bytes()
    source.write_bytes(whole[:4] + bytes(2000) + whole[2004:])
    with pytest.raises(CensusError, match=r"people\.parquet is damaged or not what it seems"):
        import_file(source)


def test_dates_beyond_all_bounds_are_refused_like_others(
    import_file: ImportText, tmp_path: Path
) -> None:
    source = tmp_path / "people.parquet"
    with duckdb.connect() as connection:
        connection.execute(
            "copy (select 'a' as employee_id, date '5000000-01-01' as birth_date,"
            " date 'infinity' as hire_date, 52000 as compensation)"
            f" to '{source}' (format parquet)"
        )
    with pytest.raises(CensusError) as refused:
        import_file(source)
    assert "birth_date is after 2024-12-31, the census date: 1 row" in str(refused.value)
    assert "hire_date is after 2024-12-31, the census date: 1 row" in str(refused.value)


def test_missing_columns_are_named_with_the_nearest_and_the_key_to_set(
    import_text: ImportText,
) -> None:
    with pytest.raises(CensusError) as refused:
        import_text("employe_id,birthdate,Hired\n1,1980-01-01,2000-01-01\n")
    message = str(refused.value)
    assert "employee_id: no column of that name; the nearest is 'employe_id'" in message
    assert "birth_date: no column of that name; the nearest is 'birthdate'" in message
    assert "Set census.columns.hire_date in the config" in message
    assert "compensation: no column of that name." in message
    assert "The file's columns: 'employe_id', 'birthdate', 'Hired'" in message


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        ({"hire_date": "Hierd"}, "names 'Hierd', which the file does not have; the nearest is"),
        ({"job_level": "Grade"}, "census.columns.job_level names 'Grade'"),
        ({"hire_dat": "Hired"}, "census.columns.hire_dat is not a key; did you mean hire_date?"),
        ({"birth_date": "hire_date"}, "'hire_date' is taken for both birth_date and hire_date"),
    ],
)
def test_a_mapping_that_does_not_fit_is_refused(
    import_text: ImportText, columns: dict[str, str], told: str
) -> None:
    with pytest.raises(CensusError) as refused:
        import_text(BARE + "1" + BARE_ROW, columns=columns)
    assert told in str(refused.value)
