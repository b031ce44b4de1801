"""Promises about what a census must keep; each single defect is in tests/unit/bad_inputs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from shardrun.errors import CensusError

ImportText = Callable[..., Any]

HEADER = "employee_id,birth_date,hire_date,compensation,job_level,is_enrolled,deferral_rate\n"
GOOD = "{},1980-05-06,2010-01-31,52000,2,true,0.06\n"


def refusal(import_text: ImportText, text: str, **settings: Any) -> str:
    with pytest.raises(CensusError) as refused:
        import_text(text, **settings)
    return str(refused.value)


def test_all_kinds_of_defects_are_counted_in_one_message_and_ten_of_each_shown(
    import_text: ImportText,
) -> None:
    bad_pay = "".join(f"p{i},1980-05-06,2010-01-31,-{i},2,true,0\n" for i in range(1, 31))
    bad_dates = "d1,1980-05-06,x,1,2,true,0\nd2,1980-05-06,y,1,2,true,0\n"
    short = "s1,1980-05-06\n"
    message = refusal(import_text, HEADER + GOOD.format("a") * 3 + short + bad_dates + bad_pay)
    assert "35 defects; nothing was written." in message
    assert "employee_id repeats: 2 rows\n    row 3: 'a' (first in row 2)\n    row 4:" in message
    assert "too few columns: 1 row\n    row 5: 's1,1980-05-06'" in message
    assert "hire_date can't be read as a date: 2 rows\n    row 6: 'x'\n    row 7: 'y'" in message
    assert "compensation is zero or negative: 30 rows\n    row 8: '-1'\n" in message
    assert "    row 17: '-10'\n    and 20 more" in message
    assert message.count("\n    row ") == 2 + 1 + 2 + 10


def test_rows_are_numbered_as_a_spreadsheet_numbers_them(import_text: ImportText) -> None:
    rows = [
        GOOD.format("a"),  # 3, after a blank line and the header
        "\n",  # 4
        GOOD.format('"two\nlines"'),  # 5
        "too,few\n",  # 6
        "too,few\n",  # 7
        "b,1980-05-06,2010-01-31,-1,2,true,0\n",  # 8
        "\n\n",  # 9, 10
        "too,few\n",  # 11
        "c,1980-05-06,2010-01-31,-2,2,true,0\n",  # 12
    ]
    message = refusal(import_text, "\n" + HEADER + "".join(rows))
    for numbered in ("row 6: 'too,few'", "row 7: 'too,few'", "row 11: 'too,few'"):
        assert numbered in message
    assert "row 8: '-1'\n    row 12: '-2'" in message


def test_rows_far_down_a_long_file_are_numbered_rightly(import_text: ImportText) -> None:
    rows = [GOOD.format(f"{number:06}") for number in range(2, 400_002)]
    for number in range(50_000, 400_000, 50_000):
        rows[number - 2] = f"{number:06},too few\n"
        rows[number - 1] = f"{number + 1:06},1980-05-06,2010-01-31,-{number + 1},2,true,0\n"
    message = refusal(import_text, HEADER + "".join(rows))
    for number in range(50_000, 400_000, 50_000):
        assert f"row {number}: '{number:06},too few'" in message
        assert f"row {number + 1}: '-{number + 1}'" in message


def test_their_own_column_names_are_used(import_text: ImportText) -> None:
    message = refusal(
        import_text,
        "Worker No,Date of Birth,Hired,Pay\n1,1980-05-06,2010-01-31,-5\n",
        columns={
            "employee_id": "Worker No",
            "birth_date": "Date of Birth",
            "hire_date": "Hired",
            "compensation": "Pay",
        },
    )
    assert "\"Pay\" (compensation) is zero or negative: 1 row\n    row 2: '-5'" in message


def test_rows_of_parquet_are_numbered_from_one(import_file: ImportText, tmp_path: Path) -> None:
    source = tmp_path / "people.parquet"
    with duckdb.connect() as connection:
        connection.execute(
            "copy (select 'e' || i as employee_id, date '1980-01-01' as birth_date,"
            " date '2010-01-01' as hire_date, case when i = 3 then 'nan'::double else 5e4 end"
            f" as compensation from range(1, 6) as people (i)) to '{source}' (format parquet)"
        )
    assert "can't be read as an amount" in refusal(import_file, source)
    assert "row 3: 'nan'" in refusal(import_file, source)


def test_ids_of_past_hires_and_near_misses_of_their_form_are_accepted(
    import_text: ImportText,
) -> None:
    ids = ["NH_2024_0000001", "NH_2025_1", "NH_x", "NH_2025_0000001b", "nh_2025_0000001"]
    imported = import_text(HEADER + "".join(map(GOOD.format, ids)))
    assert imported.result.rows == len(ids)


def test_the_prefix_of_simulated_hires_may_be_another(import_text: ImportText) -> None:
    text = HEADER + GOOD.format("H+2030_0000001")
    assert import_text(text).result.rows == 1
    assert "kept for people hired" in refusal(import_text, text, reserved_id_prefix="H+")


def test_long_values_are_cut_in_the_message(import_text: ImportText) -> None:
    message = refusal(import_text, HEADER + GOOD.format("a").replace("52000", "x" * 500))
    assert "'" + "x" * 60 + "'..." in message
    assert "x" * 61 not in message


@pytest.mark.parametrize(
    ("row", "warning"),
    [
        (
            "a,1980-05-06,1995-12-31,1000000,1,true,0.06",
            "hire_date is before the year of the 16th birthday: row 2",
        ),
        (
            "a,1980-05-06,1996-05-05,1000000,1,true,0.06",
            "hire_date is before the 16th birthday, but in its year: row 2",
        ),
        (
            "a,1920-05-06,1996-05-06,1000000,1,true,0.06",
            "birth_date makes an age above 100 on 2024-12-31, the census date: row 2",
        ),
        (
            '" a",1980-05-06,1996-05-06,1000000,1,true,0.06',
            "employee_id begins or ends with a blank, which stays part of it: row 2",
        ),
        (
            "a,1980-05-06,1996-05-06,70000,,true,0.06",
            "job_level is empty and follows from pay: row 2",
        ),
        (
            "a,1980-05-06,1996-05-06,70000,1,,",
            "is_enrolled is empty and taken as no: row 2",
        ),
        ("a,1980-05-06,1996-05-06,70000,1,yes,0.8", "deferral_rate is above 0.75: row 2"),
        (
            "a,1980-05-06,1996-05-06,70000,1,no,0.05",
            "deferral_rate belongs to a person who is not enrolled, and is taken as 0: row 2",
        ),
        (
            "a,1980-05-06,1996-05-06,70000,1,yes,",
            "deferral_rate is empty in spite of enrollment, and is taken as 0.06: row 2",
        ),
    ],
)
def test_a_doubtful_row_is_warned_of_and_kept(
    import_text: ImportText, row: str, warning: str
) -> None:
    imported = import_text(f"{HEADER}{row}\n")
    assert imported.result.warnings == (warning,)
    assert imported.result.rows == 1


def test_nobody_is_doubted_on_the_16th_birthday(import_text: ImportText) -> None:
    imported = import_text(
        HEADER
        + "a,1980-05-06,1996-05-06,50000,1,true,0.06\n"
        + "b,1980-02-29,1996-02-29,50000,1,true,0.06\n"
    )
    assert imported.result.warnings == ()


def test_many_doubtful_rows_are_counted_and_the_first_named(import_text: ImportText) -> None:
    rows = "".join(f"{i},1980-05-06,1990-01-01,50000,1,true,0.06\n" for i in range(25))
    [warning] = import_text(HEADER + rows).result.warnings
    assert warning.endswith("rows 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 and 15 more")


def test_pay_that_cannot_be_for_that_period_is_doubted(import_text: ImportText) -> None:
    [warning] = import_text(HEADER + GOOD.format("a").replace("52000", "25")).result.warnings
    assert "averages 25.00: is census.pay_period, annual, right?" in warning


def test_the_census_date_decides_what_lies_in_the_future(import_text: ImportText) -> None:
    text = HEADER + GOOD.format("a")
    assert "hire_date is after 2009-12-31" in refusal(import_text, text, as_of=date(2009, 12, 31))
