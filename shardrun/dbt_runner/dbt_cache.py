"""Cache files for what follows from dbt and the libraries that it writes code with."""

from __future__ import annotations

from importlib.metadata import version

from shardrun.cache_file import CacheFile

_DBT = ("dbt-adapters", "dbt-common", "dbt-core", "dbt-duckdb", "dbt-semantic-interfaces")
_LIBRARIES = ("jinja2", "mashumaro")


def dbt_cache_file(name: str, follows_from: str = "") -> CacheFile:
    """Return a cache file that is read by the dbt that wrote it alone.

    Args:
        name: of the file in the cache folder.
        follows_from: all that decides the content beside dbt.
    """
    return CacheFile(name, (*map(version, (*_DBT, *_LIBRARIES)), follows_from))
