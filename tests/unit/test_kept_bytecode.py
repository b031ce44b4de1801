"""Promises about bytecode that is kept between runs, and about the folder it is kept in."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import CodeType
from typing import Any

import pytest

from shardrun import cache_file
from shardrun.cache_file import CacheFile
from shardrun.dbt_runner import dbt_cache, kept_bytecode
from shardrun.dbt_runner.class_bytecode import execute_text
from shardrun.dbt_runner.dbt_cache import dbt_cache_file
from shardrun.dbt_runner.kept_bytecode import KeptBytecode

TEXT = "def twice(x: Unknown) -> int:\n    return factor * x\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(cache_file, "user_cache_path", lambda *_, **__: tmp_path / "cache")
    return tmp_path / "cache"


class Compiler:
    """Counts the texts that had to be compiled, as they come."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def code(self, kept: KeptBytecode, text: str) -> CodeType:
        def compiled() -> CodeType:
            self.texts.append(text)
            return compile(text, "<string>", "exec", dont_inherit=True)

        return kept.code(text, compiled)

    def twice(self, kept: KeptBytecode, factor: int) -> Callable[[int], int]:
        names: dict[str, Any] = {"factor": factor, "Unknown": int}
        exec(self.code(kept, TEXT), names)
        function: Callable[[int], int] = names["twice"]
        return function


@pytest.fixture
def compiler() -> Compiler:
    return Compiler()


def kept(follows_from: str = "") -> KeptBytecode:
    return KeptBytecode(dbt_cache_file("bytecode.marshal", follows_from))


def test_a_text_is_compiled_once_and_means_what_its_names_mean(compiler: Compiler) -> None:
    first = kept()
    assert [compiler.twice(first, 2)(4), compiler.twice(first, 3)(4)] == [8, 12]
    first.keep()
    assert compiler.twice(kept(), 5)(4) == 20
    assert compiler.texts == [TEXT]


def test_what_was_kept_stays_beside_what_is_new(compiler: Compiler) -> None:
    for text in (TEXT, "x = 1"):
        each = kept()
        compiler.code(each, text)
        each.keep()
    again = kept()
    compiler.code(again, TEXT)
    compiler.code(again, "x = 1")
    assert compiler.texts == [TEXT, "x = 1"]


def test_what_is_no_longer_used_goes_once_it_is_too_much(
    compiler: Compiler, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_bytecode, "_MOST_BYTES", 2000)
    for number in range(50):
        each = kept()
        compiler.code(each, "x = 1")
        compiler.code(each, f"y = {number}")
        each.keep()
        [file] = folder.iterdir()
        assert file.stat().st_size < 2200
    assert compiler.texts.count("x = 1") == 1


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content[:-1],
        lambda content: content[:-1] + bytes([content[-1] ^ 1]),
        lambda content: bytes([content[0] ^ 1]) + content[1:],
        lambda _: b"",
        lambda _: b"\xff" * 100,
    ],
)
def test_a_damaged_file_is_not_used_and_made_anew(
    folder: Path, compiler: Compiler, damage: Callable[[bytes], bytes]
) -> None:
    for _ in range(2):
        each = kept()
        assert compiler.twice(each, 2)(4) == 8
        each.keep()
        [file] = folder.iterdir()
        file.write_bytes(damage(file.read_bytes()))
    assert compiler.texts == [TEXT, TEXT]


@pytest.mark.parametrize("other", ["python", "library", "more"])
def test_what_follows_from_something_else_is_not_used(
    compiler: Compiler, monkeypatch: pytest.MonkeyPatch, other: str
) -> None:
    each = kept()
    compiler.twice(each, 2)
    each.keep()
    if other == "python":
        monkeypatch.setattr(sys, "version", "3.11.99")
    if other == "library":
        monkeypatch.setattr(dbt_cache, "version", lambda package: f"{package} 99")
    assert compiler.twice(kept("other" if other == "more" else ""), 2)(4) == 8
    assert compiler.texts == [TEXT, TEXT]


def test_nothing_is_kept_where_nothing_can_be_written(
    folder: Path, compiler: Compiler, tmp_path: Path
) -> None:
    folder.write_text("a file, no folder")
    each = kept()
    assert compiler.twice(each, 2)(4) == 8
    each.keep()
    assert os.listdir(tmp_path) == ["cache"]


def test_only_the_newest_files_stay(folder: Path) -> None:
    CacheFile("other.pickle", ()).write(b"content")
    for number in range(5):
        file = CacheFile(f"many/{number}.pickle", ())
        file.write(b"content", newest=2)
        os.utime(file.path, (number, number))
    assert [CacheFile(f"many/{n}.pickle", ()).read() is not None for n in range(5)] == [
        *[False] * 3,
        *[True] * 2,
    ]
    assert CacheFile("other.pickle", ()).read() == b"content"


def test_a_class_sees_its_names_and_no_future_import_of_ours() -> None:
    names: dict[str, Any] = {"factor": 2, "Unknown": int}
    local: dict[str, Any] = {}
    execute_text(kept(), TEXT, names, local)
    assert local["twice"](4) == 8
    assert local["twice"].__annotations__ == {"x": int, "return": int}


def test_a_text_named_by_chance_is_not_kept(folder: Path) -> None:
    each = kept()
    execute_text(each, f"def __unpack_union_a__{'0f' * 16}(): pass")
    each.keep()
    assert not folder.exists()


def test_dbt_imported_again_has_nothing_left_to_compile(tmp_path: Path) -> None:
    def import_dbt() -> Path:
        subprocess.run(
            [sys.executable, "-c", "from shardrun.dbt_runner import import_dbt; import_dbt()"],
            check=True,
            env={**os.environ, "XDG_CACHE_HOME": str(tmp_path), "HOME": str(tmp_path)},
        )
        [file] = tmp_path.rglob("*.marshal")
        return file

    first = import_dbt().stat()
    assert first.st_size > 1_000_000
    again = import_dbt().stat()
    assert (again.st_ino, again.st_mtime_ns) == (first.st_ino, first.st_mtime_ns)
