"""Promises about a census that an earlier run has accepted: it is known again, and no other is."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from shardrun import cache_file
from shardrun.errors import CensusError
from shardrun.workforce import known_census
from shardrun.workforce.census_import import CensusImport, import_census
from shardrun.workforce.known_census import import_once

CSV = """employee_id,birth_date,hire_date,annual_compensation,job_level,is_enrolled,deferral_rate
A,1980-05-06,2010-01-31,90000,2,true,0.06
B,1975-12-01,2001-07-15,91000,2,false,0
"""
DOUBTFUL = CSV + "C,1990-12-01,2001-07-15,91000,2,false,0\n"

AsOf2024 = {"as_of": date(2024, 12, 31), "pay_scale": Decimal(1)}


@pytest.fixture(autouse=True)
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(cache_file, "user_cache_path", lambda *_, **__: tmp_path / "cache")
    return tmp_path / "cache" / "censuses"


@pytest.fixture
def in_form(tmp_path: Path, job_levels: Path) -> Callable[[str], Path]:
    """Return a function that writes people in canonical form."""

    def write(people: str) -> Path:
        (tmp_path / "people.csv").write_text(people)
        census = tmp_path / "census.parquet"
        import_census(tmp_path / "people.csv", census, job_levels=job_levels, **AsOf2024)
        return census

    return write


class Importer:
    """Imports into a run's folder, and counts what was not known."""

    def __init__(self, folder: Path, job_levels: Path) -> None:
        self.imported = 0
        self.target = folder / "imported.parquet"
        self.job_levels = job_levels

    def __call__(self, source: Path, **arguments: Any) -> CensusImport:
        self.target.unlink(missing_ok=True)
        return import_once(
            source, self.target, job_levels=self.job_levels, **{**AsOf2024, **arguments}
        )

    def count(self, *paths: Path, **arguments: Any) -> CensusImport:
        self.imported += 1
        return import_census(*paths, **arguments)


@pytest.fixture
def importer(tmp_path: Path, job_levels: Path, monkeypatch: pytest.MonkeyPatch) -> Importer:
    importer = Importer(tmp_path, Path(shutil.copy(job_levels, tmp_path / "job_levels.csv")))
    monkeypatch.setattr(known_census, "import_census", importer.count)
    return importer


def test_an_accepted_census_is_copied_and_told_of_as_before(
    importer: Importer, in_form: Callable[[str], Path], tmp_path: Path
) -> None:
    census = in_form(CSV)
    first = importer(census)
    moved = census.rename(tmp_path / "moved.parquet")
    assert importer(moved) == first
    assert importer.imported == 1
    assert importer.target.read_bytes() == moved.read_bytes()


def test_other_people_are_checked(importer: Importer, in_form: Callable[[str], Path]) -> None:
    importer(in_form(CSV))
    assert importer(in_form(CSV.replace("90000", "90001"))).rows == 2
    assert importer.imported == 2


def test_what_is_asked_otherwise_is_checked(
    importer: Importer, in_form: Callable[[str], Path]
) -> None:
    census = in_form(CSV)
    importer(census)
    with pytest.raises(CensusError, match="hire_date"):
        importer(census, as_of=date(2005, 12, 31))
    importer.job_levels.write_text(importer.job_levels.read_text() + "\n")
    importer(census)
    assert importer.imported == 3


def test_what_another_shardrun_accepted_is_checked(
    importer: Importer, in_form: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    census = in_form(CSV)
    importer(census)
    monkeypatch.setattr(known_census, "code_digest", lambda *_: "changed")
    importer(census)
    assert importer.imported == 2


@pytest.mark.parametrize("people", [CSV, DOUBTFUL], ids=["changed on its way in", "doubtful"])
def test_nothing_is_kept_of_a_census_that_is(
    importer: Importer, in_form: Callable[[str], Path], tmp_path: Path, kept: Path, people: str
) -> None:
    census = in_form(people)
    for _ in range(2):
        importer(tmp_path / "people.csv" if people is CSV else census)
    assert importer.imported == 2
    assert not kept.exists()


def test_nothing_is_kept_that_names_a_person(
    importer: Importer, in_form: Callable[[str], Path], kept: Path
) -> None:
    importer(in_form(CSV.replace("A,", "Somebody,")))
    [acceptance] = kept.iterdir()
    assert b"Somebody" not in acceptance.read_bytes()


def test_a_census_that_changes_while_it_is_copied_is_checked(
    importer: Importer, in_form: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    census = in_form(CSV)
    importer(census)
    copy = shutil.copyfile

    def change_and_copy(source: Path, target: Path) -> None:
        monkeypatch.setattr(shutil, "copyfile", copy)
        in_form(CSV.replace("90000", "90001"))
        copy(source, target)

    monkeypatch.setattr(known_census.shutil, "copyfile", change_and_copy)
    imported = importer(census)
    assert importer.imported == 2
    assert imported.profile.total_compensation == 181_001


def test_a_census_that_is_not_there_is_refused_as_ever(importer: Importer, tmp_path: Path) -> None:
    with pytest.raises(CensusError, match="nowhere"):
        importer(tmp_path / "nowhere.parquet")


def test_a_pipe_is_refused_and_not_waited_for(importer: Importer, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.parquet")
    with pytest.raises(CensusError, match="pipe"):
        importer(tmp_path / "pipe.parquet")
