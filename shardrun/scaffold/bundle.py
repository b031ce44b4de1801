"""The bundled dbt project with its macros and configuration: where it lies, and a copy of it.

A wheel carries it inside the package; in the repository it lies beside the package. Owns what a new
folder holds. It must never know what the project simulates.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path

from shardrun.errors import InputError

PARTS = ("dbt", "macros", "config")

_PACKAGE = Path(str(files("shardrun")))
_FOLDER = _PACKAGE / "scaffold" / "folder"
_MADE_BY_DBT = shutil.ignore_patterns(
    "dbt_packages", "logs", "package-lock.yml", "target", ".user.yml"
)


def bundled_folder() -> Path:
    """Return the folder that holds `dbt`, `macros` and `config`.

    Raises:
        InputError: this installation lacks them.
    """
    for folder in (_PACKAGE / "bundled", _PACKAGE.parent):
        if all((folder / part).is_dir() for part in PARTS):
            return folder
    raise InputError(
        f"the bundled project is missing from {_PACKAGE}; install shardrun again, from its wheel"
    )


@contextmanager
def new_project(folder: Path) -> Iterator[Path]:
    """Fill a new or empty folder with the bundled project; it stays empty where the block fails.

    Args:
        folder: not there yet, or empty.

    Yields:
        the folder, filled, for whatever else belongs into it.

    Raises:
        InputError: something is in it already, or it can't be written to.
    """
    source = bundled_folder()
    is_new = not folder.exists()
    if not is_new and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(
            f"{folder} is not an empty folder, so it is left as it is. Name a folder that is not "
            "there yet."
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _fill(source, folder)
        yield folder
    except BaseException as error:
        _empty(folder)
        if is_new and folder.is_dir():
            folder.rmdir()
        if isinstance(error, OSError):
            raise InputError(f"{folder} can't be filled: {error.strerror}") from error
        raise


def _fill(source: Path, folder: Path) -> None:
    for part in PARTS:
        shutil.copytree(source / part, folder / part, ignore=_MADE_BY_DBT)
    shutil.copy(_FOLDER / "README.md", folder)
    shutil.copy(_FOLDER / "gitignore", folder / ".gitignore")


def _empty(folder: Path) -> None:
    """Remove what was put into a folder that was empty before."""
    for child in folder.iterdir() if folder.is_dir() else ():
        if child.is_dir():
            shutil.rmtree(child)
        else:
            child.unlink()
