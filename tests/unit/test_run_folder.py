"""Promises about the run folder: nothing of a refused run stays, nothing of an old one is lost."""

from pathlib import Path

import pytest

from shardrun.database.run_folder import RunFolder
from shardrun.errors import InputError


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    return RunFolder(tmp_path / "simulation.duckdb")


def test_the_folder_takes_the_databases_name_and_is_its_owners_alone(folder: RunFolder) -> None:
    folder.create()
    assert folder.path.name == "simulation.shardrun"
    assert folder.path.stat().st_mode & 0o077 == 0


def test_a_refused_run_leaves_no_trace(folder: RunFolder) -> None:
    folder.create()
    folder.incoming_input("census").write_bytes(b"people")
    folder.discard()
    assert not folder.path.exists()


def test_a_refused_run_keeps_what_an_earlier_one_left(folder: RunFolder) -> None:
    folder.create()
    folder.input("census").write_bytes(b"earlier")
    folder.incoming_input("census").write_bytes(b"refused")
    folder.discard()
    assert folder.input("census").read_bytes() == b"earlier"


def test_an_accepted_input_takes_its_place(folder: RunFolder) -> None:
    folder.create()
    folder.incoming_input("census").write_bytes(b"people")
    folder.accept_inputs()
    assert folder.input("census").read_bytes() == b"people"
    assert not folder.incoming_input("census").exists()


def test_a_database_set_aside_comes_back_with_its_log(folder: RunFolder) -> None:
    log = folder.database.with_name("simulation.duckdb.wal")
    folder.create()
    folder.database.write_bytes(b"old")
    log.write_bytes(b"old log")
    folder.set_database_aside()
    assert not folder.database.exists()
    assert not log.exists()
    folder.database.write_bytes(b"new")
    log.write_bytes(b"new log")
    folder.restore_database()
    assert (folder.database.read_bytes(), log.read_bytes()) == (b"old", b"old log")


def test_a_database_without_a_log_comes_back_without_the_others(folder: RunFolder) -> None:
    log = folder.database.with_name("simulation.duckdb.wal")
    folder.create()
    folder.database.write_bytes(b"old")
    folder.set_database_aside()
    folder.database.write_bytes(b"new")
    log.write_bytes(b"new log")
    folder.restore_database()
    assert folder.database.read_bytes() == b"old"
    assert not log.exists()


def test_a_superseded_database_is_gone_for_good(folder: RunFolder) -> None:
    folder.create()
    folder.database.write_bytes(b"old")
    folder.set_database_aside()
    folder.discard_superseded()
    folder.database.write_bytes(b"new")
    folder.restore_database()
    assert folder.database.read_bytes() == b"new"


def test_a_file_in_the_folders_place_is_refused(folder: RunFolder) -> None:
    folder.path.write_bytes(b"mine")
    with pytest.raises(InputError, match="can't be made"):
        folder.create()
