"""Census files that are refused, and odd ones that are good: what they hold and what is said."""

from __future__ import annotations

import codecs
import json
import os
import sqlite3
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb

HEADER = "employee_id,birth_date,hire_date,compensation,job_level,is_enrolled,deferral_rate\n"
BARE = "employee_id,birth_date,hire_date,compensation\n"
BARE_ROW = ",1980-05-06,2010-01-31,52000\n"
GOOD = "0001,1980-05-06,2010-01-31,52000,2,true,0.06\n"

Content = str | bytes | Callable[[Path], object]


@dataclass(frozen=True, slots=True)
class Census:
    """One file.

    Attributes:
        name: what it is.
        content: its text or bytes, or what makes it.
        says: a part of what must be said of it.
        file: its name.
    """

    name: str
    content: Content
    says: str = ""
    file: str = "people.csv"

    def write(self, folder: Path) -> Path:
        """Write it and return where it is."""
        path = folder / self.file
        path.parent.mkdir(parents=True, exist_ok=True)
        if callable(self.content):
            self.content(path)
        else:
            text = self.content
            path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path


def _row(name: str, row: str, says: str) -> Census:
    return Census(name, f"{HEADER}{GOOD}{row}\n", says)


DEFECTS = [
    _row("no id", ",1980-05-06,2010-01-31,1,2,true,0", "employee_id is empty: 1 row\n    row 3"),
    _row("blank id", '"  ",1980-05-06,2010-01-31,1,2,true,0', "is empty: 1 row\n    row 3: '  '"),
    _row(
        "id twice",
        "0001,1980-05-06,2010-01-31,1,2,true,0",
        "employee_id repeats: 1 row\n    row 3: '0001' (first in row 2)",
    ),
    _row(
        "id twice but for a blank",
        '"0001 ",1980-05-06,2010-01-31,1,2,true,0',
        "employee_id repeats: 1 row\n    row 3: '0001 ' (first in row 2)",
    ),
    _row(
        "id of a simulated hire",
        "NH_2025_0000001,1980-05-06,2010-01-31,1,2,true,0",
        "is kept for people hired in the simulation (NH_<year>_<number>): 1 row\n    row 3",
    ),
    _row("no birth date", "2,,2010-01-31,1,2,true,0", "birth_date is empty: 1 row\n    row 3"),
    _row("no such day", "2,1980-02-30,2010-01-31,1,2,true,0", "birth_date can't be read as a date"),
    _row(
        "age of a tree", "2,1880-01-01,2010-01-31,1,2,true,0", "birth_date makes an age above 120"
    ),
    _row("no hire date", "2,1980-05-06,,1,2,true,0", "hire_date is empty: 1 row\n    row 3"),
    _row("date in words", "2,1980-05-06,soon,1,2,true,0", "hire_date can't be read as a date: 1"),
    _row("hired tomorrow", "2,1980-05-06,2025-01-01,1,2,true,0", "hire_date is after 2024-12-31"),
    _row(
        "hired before birth",
        "2,1980-05-06,1980-05-05,1,2,true,0",
        "hire_date is before the birth date",
    ),
    _row("no pay", "2,1980-05-06,2010-01-31,,2,true,0", "compensation is empty: 1 row\n    row 3"),
    _row("pay in words", "2,1980-05-06,2010-01-31,lots,2,true,0", "can't be read as an amount"),
    _row("pay that is no number", "2,1980-05-06,2010-01-31,nan,2,true,0", "can't be read as an am"),
    _row("pay of a state", "2,1980-05-06,2010-01-31,10000000000,2,true,0", "below ten billion"),
    _row("pay of hundreds of digits", f"2,1980-05-06,2010-01-31,{'9' * 400},2,true,0", "below ten"),
    _row("negative pay", "2,1980-05-06,2010-01-31,-1,2,true,0", "compensation is zero or negative"),
    _row("zero pay", "2,1980-05-06,2010-01-31,0,2,true,0", "compensation is zero or negative"),
    _row("pay below a cent", "2,1980-05-06,2010-01-31,0.004,2,true,0", "is zero or negative"),
    _row(
        "level beyond the bands",
        "2,1980-05-06,2010-01-31,1,6,true,0",
        "job_level is none of the job levels (1, 2, 3, 4, 5)",
    ),
    _row("half a level", "2,1980-05-06,2010-01-31,1,1.5,true,0", "job_level is none of the job"),
    _row("level in words", "2,1980-05-06,2010-01-31,1,Chief,true,0", "row 3: 'Chief'"),
    _row("perhaps enrolled", "2,1980-05-06,2010-01-31,1,2,maybe,0", "is neither yes nor no"),
    _row("rate in words", "2,1980-05-06,2010-01-31,1,2,true,some", "can't be read as a rate"),
    _row("rate as a percentage", "2,1980-05-06,2010-01-31,1,2,true,6", "not between 0 and 1 (six"),
    _row("negative rate", "2,1980-05-06,2010-01-31,1,2,true,-0.01", "is not between 0 and 1"),
    _row("rate above all pay", "2,1980-05-06,2010-01-31,1,2,true,101%", "is not between 0 and 1"),
    _row(
        "row too short", "2,1980-05-06,2010-01-31,1,2", "too few columns: 1 row\n    row 3: '2,19"
    ),
    _row(
        "row too long", "2,1980-05-06,2010-01-31,1,2,true,0,x", "too many columns: 1 row\n    row"
    ),
    _row("quote left open", '2,1980-05-06,2010-01-31,1,2,true,"0', "a quote that is not closed"),
    _row("text behind a quote", '2,1980-05-06,2010-01-31,1,2,true,"0"1', "text after a closing q"),
    _row(
        "SQL for pay",
        "2,1980-05-06,2010-01-31,1); drop table people; --,2,true,0",
        "row 3: '1); drop table people; --'",
    ),
    _row(
        "SQL for a date",
        "2,1980-05-06' or 1=1 --,2010-01-31,1,2,true,0",
        'row 3: "1980-05-06\' or 1=1 --"',
    ),
]


def _parquet(select: str) -> Callable[[Path], object]:
    def write(path: Path) -> None:
        with duckdb.connect() as connection:
            connection.execute(f"copy ({select}) to '{path}' (format parquet)")

    return write


def _cut_parquet(path: Path) -> None:
    _parquet("select 'e' || range as employee_id from range(1000)")(path)
    path.write_bytes(path.read_bytes()[:-50])


def _database_of_another_engine(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("create table people (employee_id text)")
    connection.close()


UNREADABLE = [
    _row(
        "born tomorrow",
        "2,2025-01-01,2010-01-31,1,2,true,0",
        "birth_date is after 2024-12-31",
    ),
    Census("no bytes", b"", "is empty"),
    Census("blank lines alone", b"\n\r\n  \n", "nothing but blank lines"),
    Census("no rows", BARE, "no rows"),
    Census("no rows, no line end", BARE.strip(), "no rows"),
    Census("no rows but blank ones", BARE + ",,,\n,,,\n", "no rows"),
    Census("no header", "0007,1980-05-06,2010-01-31,52000\n", "its columns are not those of a"),
    Census("one column", "employee_id\n1\n2\n", "birth_date: no column of that name"),
    Census("one column of another separator", "employee_id:birth_date\n", "separated by comma"),
    Census("one line of text", "just a line of text", "its columns are not those of a census"),
    Census("a column twice", BARE.strip() + ",employee_id\n", "2 columns 'employee_id'"),
    Census("a column misspelt", BARE.replace("hire", "hier"), "the nearest is 'hier_date'"),
    Census("SQL for a header", 'x"; drop table runs; --,b\n1,2\n', "columns are not those of"),
    Census("a hundred thousand columns", ",".join(f"c{i}" for i in range(100_000)), "columns are"),
    Census("a header without end", b'"' + b"x" * 200_000, "header can't be read"),
    Census("a row without end", BARE + "1" + ",x" * 1_500_000, "line 2 has more than 1004"),
    Census("a zip or workbook", b"PK\x03\x04rest", "a spreadsheet or zip file"),
    Census("an old workbook", b"\xd0\xcf\x11\xe0rest", "an old Excel file"),
    Census("a gzip file", b"\x1f\x8b\x08rest", "a gzip file"),
    Census("a Zstandard file", b"(\xb5/\xfdrest", "a Zstandard file"),
    Census("a PDF", b"%PDF-1.7\n", "a PDF file"),
    Census("bytes", b"\x00\x01\x02\x03", "is not text"),
    Census("deflated bytes", zlib.compress(GOOD.encode() * 50), "people.csv"),
    Census("all bytes there are", bytes(range(256)) * 9, "is not text"),
    Census("a database of another engine", _database_of_another_engine, "is not text"),
    Census("JSON", json.dumps([{"employee_id": 1}]), "its columns are not those of a census"),
    Census("a page", "<!doctype html>\n<table><tr><td>1</td></tr></table>\n", "columns are not"),
    Census("half of UTF-16", b"\xff\xfe\x00", "none of the encodings"),
    Census("UTF-16 without a mark", (BARE + "1" + BARE_ROW).encode("utf-16-le"), "not text"),
    Census("UTF-32", codecs.BOM_UTF32_BE + BARE.encode("utf-32-be"), "is not text"),
    Census(
        "not Windows text either", BARE.encode() + b"\x81\x8d" + BARE_ROW.encode(), "none of the"
    ),
    Census("a NUL among the rows", BARE + "1\0" + BARE_ROW, "is not text"),
    Census("PAR1 and no more", b"PAR1 and nothing more", "is damaged or not what it seems"),
    Census("Parquet cut short", _cut_parquet, "is damaged or not what it seems"),
    Census(
        "Parquet of no rows",
        _parquet(
            "select 'a' as employee_id, date '1980-01-01' as birth_date, "
            "date '2000-01-01' as hire_date, 1 as compensation limit 0"
        ),
        "no rows",
    ),
    Census("Parquet of one column", _parquet("select 1 as employee_id"), "no column of that name"),
    Census(
        "Parquet of structs",
        _parquet(
            "select {'a': 1} as employee_id, [1] as birth_date, map {1: 2} as hire_date, "
            "'\\xAA'::blob as compensation"
        ),
        "people.csv",
    ),
    Census("a folder", lambda path: path.mkdir(), "is a directory"),
    Census("a file that is not there", lambda path: None, "there is no census file"),
    Census("a link to nothing", lambda path: path.symlink_to("gone"), "there is no census file"),
    Census("a link to itself", lambda path: path.symlink_to(path.name), "there is no census file"),
    Census("a pipe", os.mkfifo, "is not a regular file"),
    Census("a device", lambda path: path.symlink_to(os.devnull), "is not a regular file"),
    Census("a path with SQL", "", "is empty", "x'); drop table runs; --.csv"),
    Census("a path of many scripts", "", "is empty", "Личный состав/山田 «ä» 😀.csv"),
    Census("a path like a pattern", "", "is empty", "[a-z]*?.csv"),
]

BAD = DEFECTS + UNREADABLE

ODD_IDS = (
    "Robert'); drop table people; --",
    '"; delete from shardrun.runs; --',
    "' or '1'='1",
    "{{ var('random_seed') }}",
    "{% raw %}",
    "$1",
    "?",
    "%s",
    "\\",
    "/* id */",
    "= 1 + 1",
    "a,b",
    "two\nlines",
    "tab\there",
    "山田 太郎",
    "نور",
    "Zoë-😀",
    "e\u0301",
    "x" * 5000,
    "NULL",
    "0001",
    "1e5",
    "-1",
)


def quoted(text: str) -> str:
    """Return a text as a value of a CSV file."""
    return '"' + text.replace('"', '""') + '"'


_EXTRA = "".join(f",c{number}" for number in range(1000))

GOOD_BUT_ODD = [
    Census("one row", BARE + "1" + BARE_ROW),
    Census("one row, no line end", BARE + "1" + BARE_ROW.strip()),
    Census(
        "one row among a thousand columns",
        BARE.strip() + _EXTRA + "\n1" + BARE_ROW.strip() + "," * 1000,
    ),
    Census("SQL and worse for ids", BARE + "".join(quoted(each) + BARE_ROW for each in ODD_IDS)),
    Census("Windows text", (BARE + "M\u00fcller" + BARE_ROW).encode("cp1252")),
    Census("UTF-16", (BARE + "M\u00fcller" + BARE_ROW).encode("utf-16")),
    Census("semicolons and returns", (BARE + "1" + BARE_ROW).replace(",", ";").replace("\n", "\r")),
    Census("blank lines", "\n\n" + BARE + "\n1" + BARE_ROW + "\n\n"),
    Census("a path with a quote", BARE + "1" + BARE_ROW, file="it's.csv"),
    Census("a path with double quotes", BARE + "1" + BARE_ROW, file='"all" staff.csv'),
    Census("a path with SQL", BARE + "1" + BARE_ROW, file="x'); drop table runs; --.csv"),
    Census("a path with blanks and newlines", BARE + "1" + BARE_ROW, file=" a b\nc .csv"),
    Census("a path like a pattern", BARE + "1" + BARE_ROW, file="[a-z]*?/{1,2}.csv"),
    Census("a path like a template", BARE + "1" + BARE_ROW, file="{{ var('x') }} %s $HOME.csv"),
    Census("a path of many scripts", BARE + "1" + BARE_ROW, file="Личный состав/山田 «ä» 😀.csv"),
    Census("a path like an option", BARE + "1" + BARE_ROW, file="--census=x"),
    Census("a path with an ending of another kind", BARE + "1" + BARE_ROW, file="people.parquet"),
]
