"""Promises about the bytecode of dbt's classes that is kept between runs."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shardrun.dbt_runner import class_bytecode
from shardrun.dbt_runner.class_bytecode import KeptBytecode

TEXT = "def twice(x: Unknown) -> int:\n    return factor * x\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "bytecode.marshal"


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the texts that were compiled, as they come."""
    texts: list[str] = []

    def counted(text: str, *arguments: Any, **options: Any) -> Any:
        texts.append(text)
        return compile(text, *arguments, **options)

    monkeypatch.setattr(class_bytecode, "compile", counted, raising=False)
    return texts


def twice(kept: KeptBytecode, factor: int) -> Callable[[int], int]:
    names: dict[str, Any] = {"factor": factor, "Unknown": int}
    local: dict[str, Any] = {}
    kept.execute(TEXT, names, local)
    function: Callable[[int], int] = local["twice"]
    return function


def test_a_text_is_compiled_once_and_means_what_its_names_mean(
    file: Path, compiled: list[str]
) -> None:
    first = KeptBytecode(file)
    assert [twice(first, 2)(4), twice(first, 3)(4)] == [8, 12]
    first.keep()
    assert twice(KeptBytecode(file), 5)(4) == 20
    assert compiled == [TEXT]


def test_what_was_kept_stays_beside_what_is_new(file: Path, compiled: list[str]) -> None:
    for text in (TEXT, "x = 1"):
        kept = KeptBytecode(file)
        kept.execute(text, {"Unknown": int}, {})
        kept.keep()
    kept = KeptBytecode(file)
    kept.execute(TEXT, {"Unknown": int}, {})
    kept.execute("x = 1")
    assert compiled == [TEXT, "x = 1"]


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
    file: Path, compiled: list[str], damage: Callable[[bytes], bytes]
) -> None:
    for _ in range(2):
        kept = KeptBytecode(file)
        assert twice(kept, 2)(4) == 8
        kept.keep()
        file.write_bytes(damage(file.read_bytes()))
    assert compiled == [TEXT, TEXT]


def test_what_another_version_kept_is_not_used(
    file: Path, compiled: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = KeptBytecode(file)
    twice(kept, 2)
    kept.keep()
    monkeypatch.setattr(class_bytecode, "version", lambda package: f"{package} 99")
    assert twice(KeptBytecode(file), 2)(4) == 8
    assert compiled == [TEXT, TEXT]


def test_nothing_is_kept_where_nothing_can_be_written(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file, no folder")
    kept = KeptBytecode(tmp_path / "cache" / "bytecode.marshal")
    assert twice(kept, 2)(4) == 8
    kept.keep()
    assert os.listdir(tmp_path) == ["cache"]


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
