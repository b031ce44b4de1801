"""Promises about tables carried out of a database into files."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import openpyxl
import pytest

from shardrun.database.digest import digest_database, digest_relation
from shardrun.errors import DatabaseError, ExportError, InputError
from shardrun.export.formats import EXCEL_ROWS, ExportFormat
from shardrun.export.tables import CONTENTS, export_database
from shardrun.ledger.fingerprints import Fingerprints
from shardrun.ledger.ledger import Ledger

PEOPLE = """
select
    2025 + range % 2 as simulation_year, 'E' || range as employee_id,
    md5_number_upper(range::varchar) as employee_key,
    (range * 1.25)::decimal(12, 2) as pay, date '2025-01-31' + range::integer as hired,
    timestamp '2025-01-31 12:30:00' as seen, range % 3 = 0 as enrolled,
    case range % 4 when 0 then null when 1 then '' when 2 then 'Zoë "x", =1+1' else 'a' end as word,
    [{'rate': 0.5}] as tiers
from range(60)
"""
LARGE = """
select 2025 + y.range as simulation_year, id.range as id from range(2) y, range(60_000) id
"""


def make(path: Path, *, backwards: bool = False, more: Sequence[str] = ()) -> Path:
    """Make a database of ours, its rows in one order or the other."""
    with duckdb.connect(path) as connection:
        ledger = Ledger(connection.cursor, path)
        ledger.begin_run(2025, 2026, 42, {"dbt_threads": 1}, Fingerprints({}, {}, "p"))
        order = "order by all desc" if backwards else "order by all"
        connection.execute(f"create table people as select * from ({PEOPLE}) {order}")
        connection.execute(f"create table large as select * from ({LARGE}) {order}")
        connection.execute("create table one as select 1 as seed")
        connection.execute(
            f"create table alike as select * from (values (1, 'a'), (1, 'a'), (2, null)) {order}"
        )
        connection.execute("create table none (simulation_year integer, id varchar)")
        for statement in more:
            connection.execute(statement)
    return path


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("export") / "run.duckdb")


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_parquet_says_the_same_as_the_database(database: Path, tmp_path: Path) -> None:
    export_database(database, tmp_path / "out", ExportFormat.PARQUET)
    contents = json.loads((tmp_path / "out" / CONTENTS).read_text())
    digest = digest_database(database)
    assert contents["digest"] == digest.digest
    with duckdb.connect() as connection:
        for table, entry in zip(digest.tables, contents["tables"], strict=True):
            paths = [str(tmp_path / "out" / file["path"]) for file in entry["files"]]
            assert digest_relation(connection, f"read_parquet({paths})") == (
                table.rows,
                table.digest,
            )
            assert sum(file["rows"] for file in entry["files"]) == table.rows


def test_a_large_table_is_a_file_a_year(database: Path, tmp_path: Path) -> None:
    export_database(database, tmp_path / "out", ExportFormat.CSV, tables=["large", "people"])
    assert sorted(files(tmp_path / "out")) == [
        "export.json",
        "large/2025.csv",
        "large/2026.csv",
        "people.csv",
    ]
    lines = (tmp_path / "out" / "large" / "2026.csv").read_text().splitlines()
    assert lines[:3] == ["simulation_year,id", "2026,0", "2026,1"]
    assert len(lines) == 60_001


def test_csv_keeps_null_and_empty_text_apart_and_is_read_back_the_same(
    database: Path, tmp_path: Path
) -> None:
    export_database(database, tmp_path / "out", ExportFormat.CSV, tables=["people"])
    with duckdb.connect(database, read_only=True) as connection:
        types = {name: kind for name, kind, *_ in connection.execute("describe people").fetchall()}
        read_back = connection.execute(
            "from read_csv(?, header = true, columns = ?, allow_quoted_nulls = false)",
            [str(tmp_path / "out" / "people.csv"), types],
        ).fetchall()
        assert (
            read_back
            == connection.execute("from people order by simulation_year, employee_id").fetchall()
        )


def test_a_workbook_holds_typed_cells_and_never_a_formula(database: Path, tmp_path: Path) -> None:
    export_database(database, tmp_path / "out", ExportFormat.XLSX, tables=["people"])
    workbook = openpyxl.load_workbook(tmp_path / "out" / "people.xlsx")
    sheet = workbook["people"]
    rows = list(sheet.iter_rows(values_only=True))
    assert len(rows) == 61
    by_id = {row[1]: dict(zip(rows[0], row, strict=True)) for row in rows[1:]}
    row = by_id["E6"]
    assert row["simulation_year"] == 2025
    with duckdb.connect() as connection:
        ((key,),) = connection.execute("select md5_number_upper('6')").fetchall()
    assert row["employee_key"] == str(key)
    assert Decimal(str(row["pay"])) == Decimal("7.5")
    assert row["hired"] == datetime(2025, 2, 6)
    assert row["hired"].date() == date(2025, 2, 6)
    assert row["seen"] == datetime(2025, 1, 31, 12, 30)
    assert row["enrolled"] is True
    assert row["word"] == 'Zoë "x", =1+1'
    assert by_id["E4"]["word"] is None
    assert all(cell.data_type != "f" for line in sheet.iter_rows() for cell in line)


@pytest.mark.parametrize("file_format", list(ExportFormat))
def test_equal_databases_give_equal_bytes_in_whatever_order_their_rows_lie(
    database: Path, tmp_path: Path, file_format: ExportFormat
) -> None:
    other = make(tmp_path / "other.duckdb", backwards=True)
    tables = ["alike", "none", "one", "people", *(["large"] if file_format != "xlsx" else [])]
    for name, path in (("a", database), ("b", other)):
        export_database(path, tmp_path / name, file_format, tables=tables)
    assert files(tmp_path / "a") == files(tmp_path / "b")


def test_a_folder_with_other_files_is_left_alone(database: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    for overwrite in (False, True):
        with pytest.raises(InputError, match=r"thesis\.txt"):
            export_database(database, tmp_path / "mine", ExportFormat.CSV, overwrite=overwrite)
    assert files(tmp_path / "mine") == {"thesis.txt": b"years of work"}
    assert list(tmp_path.iterdir()) == [tmp_path / "mine"]


def test_an_earlier_export_is_replaced_only_when_told(database: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    export_database(database, out, ExportFormat.CSV, tables=["people"])
    with pytest.raises(InputError, match="--overwrite"):
        export_database(database, out, ExportFormat.CSV, tables=["one"])
    export_database(database, out, ExportFormat.CSV, tables=["one"], overwrite=True)
    assert sorted(files(out)) == ["export.json", "one.csv"]
    (out / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match=r"notes\.txt"):
        export_database(database, out, ExportFormat.CSV, overwrite=True)
    assert list(tmp_path.iterdir()) == [out]


def test_an_empty_folder_is_taken(database: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    export_database(database, tmp_path / "out", ExportFormat.CSV, tables=["one"])
    assert sorted(files(tmp_path / "out")) == ["export.json", "one.csv"]


def test_a_failure_on_the_way_leaves_the_folder_as_it_was(tmp_path: Path) -> None:
    path = make(
        tmp_path / "run.duckdb", more=["create table prose as select repeat('x', 40000) as text"]
    )
    out = tmp_path / "out"
    export_database(path, out, ExportFormat.XLSX, tables=["one"])
    before = files(out)
    with pytest.raises(ExportError, match="40,000 characters"):
        export_database(path, out, ExportFormat.XLSX, tables=["one", "prose"], overwrite=True)
    assert files(out) == before
    with pytest.raises(ExportError):
        export_database(path, tmp_path / "new", ExportFormat.XLSX, tables=["one", "prose"])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "run.duckdb"]


def test_what_can_not_be_exported_is_refused_before_anything_is_written(
    database: Path, tmp_path: Path
) -> None:
    too_large = make(
        tmp_path / "large.duckdb", more=[f"create table huge as select * from range({EXCEL_ROWS})"]
    )
    (tmp_path / "file").touch()
    around = sorted(tmp_path.iterdir())
    with pytest.raises(InputError, match="Excel sheet"):
        export_database(too_large, tmp_path / "out", ExportFormat.XLSX, tables=["huge"])
    with pytest.raises(InputError, match="no table nowhere"):
        export_database(database, tmp_path / "out", ExportFormat.CSV, tables=["nowhere"])
    with pytest.raises(InputError, match="does not exist"):
        export_database(database, tmp_path / "no" / "out", ExportFormat.CSV)
    with pytest.raises(InputError, match="is a file"):
        export_database(database, tmp_path / "file", ExportFormat.CSV)
    with pytest.raises(DatabaseError, match="no database"):
        export_database(tmp_path / "nowhere.duckdb", tmp_path / "out", ExportFormat.CSV)
    assert sorted(tmp_path.iterdir()) == around
