"""Promises about how dates, pay, levels and enrolment may be written, and what they then mean."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from shardrun.errors import CensusError, ProjectError

ImportText = Callable[..., Any]


def with_dates(*pairs: tuple[str, str]) -> str:
    rows = [f'{n},"{born}","{hired}",50000\n' for n, (born, hired) in enumerate(pairs)]
    return "employee_id,birth_date,hire_date,compensation\n" + "".join(rows)


def with_pay(*written: str) -> str:
    rows = [f'{n:02},1980-05-06,2010-01-31,"{pay}"\n' for n, pay in enumerate(written)]
    return "employee_id,birth_date,hire_date,compensation\n" + "".join(rows)


def with_plan(header: str, *rows: str) -> str:
    lines = [f"{n:02},1980-05-06,2010-01-31,{row}\n" for n, row in enumerate(rows)]
    return f"employee_id,birth_date,hire_date,compensation,{header}\n" + "".join(lines)


@pytest.mark.parametrize(
    ("born", "hired", "found"),
    [
        ("1980-05-31", "2010-01-02", "%Y-%m-%d"),
        ("1980-5-31", "2010-1-2", "%Y-%m-%d"),
        ("05/31/1980", "1/2/2010", "%m/%d/%Y"),
        ("31/05/1980", "02/01/2010", "%d/%m/%Y"),
        ("31.05.1980", "2.1.2010", "%d.%m.%Y"),
        ("1980/05/31", "2010/01/02", "%Y/%m/%d"),
        ("19800531", "20100102", "%Y%m%d"),
        ("05-31-1980", "01-02-2010", "%m-%d-%Y"),
        ("31-05-1980", "02-01-2010", "%d-%m-%Y"),
        ("31-MAY-1980", "02-Jan-2010", "%d-%b-%Y"),
        ("31 May 1980", "2 Jan 2010", "%d %b %Y"),
        ("May 31, 1980", "Jan 2, 2010", "%b %d, %Y"),
        ("31 May 1980", "2 January 2010", "%d %B %Y"),
        ("May 31, 1980", "January 2, 2010", "%B %d, %Y"),
        ("1980-05-31 00:00:00", "2010-01-02 00:00:00", "%Y-%m-%d %H:%M:%S"),
        ("1980-05-31T00:00:00", "2010-01-02T00:00:00", "%Y-%m-%dT%H:%M:%S"),
        ("5/31/1980 0:00", "1/2/2010 0:00", "%m/%d/%Y %H:%M"),
        (" 1980-05-31 ", "2010-01-02 ", "%Y-%m-%d"),
    ],
)
def test_the_form_of_the_dates_is_found(
    import_text: ImportText, born: str, hired: str, found: str
) -> None:
    imported = import_text(with_dates((born, hired)))
    assert imported.rows[0][1:3] == (date(1980, 5, 31), date(2010, 1, 2))
    assert f"dates are read as {found}" in imported.result.notes


def test_one_day_above_twelve_in_either_column_settles_all_dates(import_text: ImportText) -> None:
    imported = import_text(with_dates(("03/04/1980", "05/06/2010"), ("03/04/1981", "05/13/2010")))
    assert imported.rows[0][1:3] == (date(1980, 3, 4), date(2010, 5, 6))


def test_dates_that_two_forms_read_differently_are_refused(import_text: ImportText) -> None:
    text = with_dates(("03/04/1980", "05/06/2010"))
    with pytest.raises(CensusError) as refused:
        import_text(text)
    message = str(refused.value)
    assert "'03/04/1980' is 1980-03-04 as %m/%d/%Y and 1980-04-03 as %d/%m/%Y" in message
    assert "Set census.date_format" in message
    imported = import_text(text, date_format="%d/%m/%Y")
    assert imported.rows[0][1:3] == (date(1980, 4, 3), date(2010, 6, 5))


def test_dates_that_two_forms_read_alike_are_not_ambiguous(import_text: ImportText) -> None:
    assert import_text(with_dates(("05/05/1980", "07/07/2010"))).rows[0][1] == date(1980, 5, 5)


def test_a_few_unreadable_dates_do_not_hide_the_form_of_the_others(
    import_text: ImportText,
) -> None:
    with pytest.raises(CensusError) as refused:
        import_text(
            with_dates(("31/05/1980", "02/01/2010"), ("13/13/1980", "02/01/2010"), ("x", "y"))
        )
    message = str(refused.value)
    assert "birth_date can't be read as a date: 2 rows\n    row 3: '13/13/1980'\n" in message
    assert "hire_date can't be read as a date: 1 row\n    row 4: 'y'" in message


def test_dates_in_no_known_form_are_refused_row_by_row(import_text: ImportText) -> None:
    with pytest.raises(CensusError, match="hire_date can't be read as a date: 1 row"):
        import_text(with_dates(("the 5th", "of May")))


def test_two_digit_years_need_a_format_and_lie_in_the_past(import_text: ImportText) -> None:
    text = with_dates(("05/31/57", "01/02/24"))
    with pytest.raises(CensusError, match="can't be read as a date"):
        import_text(text)
    imported = import_text(text, date_format="%m/%d/%y")
    assert imported.rows[0][1:3] == (date(1957, 5, 31), date(2024, 1, 2))


def test_a_date_format_that_is_none_is_refused(import_text: ImportText) -> None:
    with pytest.raises(CensusError, match="'%Q' is not a strptime format"):
        import_text(with_dates(("1980-05-31", "2010-01-02")), date_format="%Q")


@pytest.mark.parametrize(
    ("written", "amounts"),
    [
        (("52000", "61000.5"), ("52000", "61000.50")),
        (("1,234.56", "52,000"), ("1234.56", "52000")),
        (("$52,000", "$ 1,250,000.00"), ("52000", "1250000")),
        (("US$52000", "US$61000"), ("52000", "61000")),
        (("52.000,00 €", "61.500,50 €"), ("52000", "61500.50")),
        (("52 000,00", "61 500,50"), ("52000", "61500.50")),
        (("CHF 52'000.00", "CHF 61'500.50"), ("52000", "61500.50")),
        (("EUR 52000", "61000 EUR"), ("52000", "61000")),
        (("5.2e4", "1E+05"), ("52000", "100000")),
        ((" 52000 ", "+61000"), ("52000", "61000")),
        (("3100,5", "2999,99"), ("3100.50", "2999.99")),
        (("52000.125", "4000.5"), ("52000.13", "4000.50")),
    ],
)
def test_pay_with_separators_and_currency_signs_is_read(
    import_text: ImportText, written: tuple[str, ...], amounts: tuple[str, ...]
) -> None:
    imported = import_text(with_pay(*written))
    assert imported.column("annual_compensation") == [Decimal(amount) for amount in amounts]


@pytest.mark.parametrize("written", ["52k", "5,20,000", "1.2.3", "(500)", "12,34,5", "fifty", "$"])
def test_pay_that_cannot_be_read_is_refused(import_text: ImportText, written: str) -> None:
    with pytest.raises(CensusError, match="compensation can't be read as an amount") as refused:
        import_text(with_pay("52000.50", written))
    assert f"row 3: '{written}'" in str(refused.value)


@pytest.mark.parametrize("written", ["-$5", "$-5", "-5", "-1,000.00"])
def test_negative_pay_with_signs_is_still_negative(import_text: ImportText, written: str) -> None:
    with pytest.raises(CensusError, match="compensation is zero or negative"):
        import_text(with_pay("52000.50", written))


def test_a_point_before_three_digits_throughout_is_ambiguous(import_text: ImportText) -> None:
    with pytest.raises(CensusError, match=r"the pay '52\.000' is ambiguous"):
        import_text(with_pay("52.000", "61.500", "800"))


def test_a_comma_is_never_taken_two_ways_in_one_column(import_text: ImportText) -> None:
    with pytest.raises(CensusError, match="the pay '1,250' is ambiguous"):
        import_text(with_pay("1,250", "980,50"))


def test_pay_in_several_currencies_is_refused(import_text: ImportText) -> None:
    with pytest.raises(CensusError, match=r"several currencies \(\$, €\)"):
        import_text(with_pay("$52,000", "€48,000"))


def test_hourly_and_monthly_pay_become_annual_to_the_cent(import_text: ImportText) -> None:
    hourly = import_text(with_pay("3.10", "15.3846"), pay_period="hourly")
    assert hourly.column("annual_compensation") == [Decimal("6448.00"), Decimal("31999.97")]
    part_time = import_text(with_pay("20"), pay_period="hourly", hours_per_year=Decimal("1040.5"))
    assert part_time.column("annual_compensation") == [Decimal("20810.00")]
    monthly = import_text(with_pay("4333.335"), pay_period="monthly")
    assert monthly.column("annual_compensation") == [Decimal("52000.02")]
    assert "pay is monthly and was made annual" in monthly.result.notes


def test_annual_compensation_is_never_taken_for_hourly_pay(import_text: ImportText) -> None:
    text = with_pay("52000").replace("compensation", "annual_compensation")
    with pytest.raises(CensusError, match="says hourly"):
        import_text(text, pay_period="hourly")
    named = import_text(
        text.replace("52000", "25"),
        pay_period="hourly",
        columns={"compensation": "annual_compensation"},
    )
    assert named.column("annual_compensation") == [Decimal(52000)]


def test_levels_follow_from_pay_bands_where_there_are_none(import_text: ImportText) -> None:
    imported = import_text(
        with_pay("1", "59999.99", "60000", "94999.99", "95000", "145000", "230000", "9000000")
    )
    assert imported.column("job_level") == [1, 1, 2, 2, 3, 4, 5, 5]
    assert "no job_level: levels follow from the pay bands" in imported.result.notes


def test_levels_are_read_by_number_or_title(import_text: ImportText) -> None:
    given = ["3", "03", "3.0", "lead", " Lead "]
    imported = import_text(with_plan("job_level", *(f"1000000,{level}" for level in given)))
    assert imported.column("job_level") == [3] * len(given)


def test_levels_and_bands_are_those_of_the_table(import_text: ImportText, tmp_path: Path) -> None:
    table = tmp_path / "levels.csv"
    table.write_text(
        "job_level,title,min_compensation,max_compensation\n20,High,50000,\n7,Low,10000,50000\n"
    )
    imported = import_text(with_pay("5000", "49999.99", "50000"), job_levels=table)
    assert imported.column("job_level") == [7, 7, 20]


@pytest.mark.parametrize(
    ("table", "told"),
    [
        (None, "can't be read"),
        ("", "holds no job levels"),
        ("job_level,title\n1,Staff\n", "has no column 'min_compensation'"),
        ("job_level,title,min_compensation\none,Staff,0\n", "row 2: not a job level"),
        ("job_level,title,min_compensation\n1,Staff,\n", "row 2: not a job level"),
        ("job_level,title,min_compensation\n1,Staff,NaN\n", "row 2: not a job level"),
        ("job_level,title,min_compensation\n1\n", "row 2: not a job level"),
        ("job_level,title,min_compensation\n200,Staff,0\n", "row 2: not a job level"),
        ("job_level,title,min_compensation\n1,a,0\n1,b,5\n", "two job levels have the same level"),
        ("job_level,title,min_compensation\n1,a,0\n2,A,5\n", "two job levels have the same title"),
    ],
)
def test_a_table_of_levels_that_is_none_is_refused(
    import_text: ImportText, tmp_path: Path, table: str | None, told: str
) -> None:
    path = tmp_path / "levels.csv"
    if table is not None:
        path.write_text(table)
    with pytest.raises(ProjectError) as refused:
        import_text(with_pay("50000"), job_levels=path)
    assert str(path) in str(refused.value)
    assert told in str(refused.value)


def test_enrolment_is_read_as_people_write_it(import_text: ImportText) -> None:
    yes, no = ["true", "T", "yes", "Y", "1", "1.0"], ["false", "F", "No", "n", "0", "0.0"]
    rows = [f"50000,{flag}" for flag in yes + no]
    imported = import_text(with_plan("is_enrolled", *rows))
    assert imported.column("is_enrolled") == [True] * 6 + [False] * 6
    assert imported.column("deferral_rate") == [Decimal("0.06")] * 6 + [Decimal(0)] * 6
    assert "no deferral_rate: whoever is enrolled defers 0.06" in imported.result.notes


def test_deferral_rates_are_fractions_or_percents(import_text: ImportText) -> None:
    given = ["0.06", "6%", '"6,5 %"', "12.34%", "1", "0"]
    imported = import_text(with_plan("is_enrolled,deferral_rate", *(f"1,y,{r}" for r in given)))
    rates = ["0.06", "0.06", "0.065", "0.1234", "1", "0"]
    assert imported.column("deferral_rate") == [Decimal(rate) for rate in rates]


def test_rates_alone_tell_who_is_enrolled(import_text: ImportText) -> None:
    imported = import_text(with_plan("deferral_rate", "50000,0.04", "50000,0", "50000,"))
    assert imported.column("is_enrolled") == [True, False, False]
    assert "no is_enrolled: people with a deferral rate counted as enrolled" in (
        imported.result.notes
    )


def test_without_plan_columns_nobody_is_enrolled_and_it_is_said(import_text: ImportText) -> None:
    imported = import_text(with_pay("50000"))
    assert imported.rows[0][5:] == (False, Decimal(0))
    assert "no is_enrolled: nobody counted as enrolled" in imported.result.notes


def test_the_profile_is_that_of_the_people(import_text: ImportText) -> None:
    profile = import_text(with_plan("is_enrolled", "50000,y", "70000.50,n")).result.profile
    assert profile.employees == 2
    assert profile.enrolled == 1
    assert profile.participation == 0.5
    assert profile.total_compensation == Decimal("120000.50")
    assert profile.average_compensation == Decimal("60000.25")
    assert profile.employees_by_level == ((1, 1), (2, 1))
    assert round(profile.average_age, 1) == 44.7
    assert round(profile.average_tenure, 1) == 14.9
