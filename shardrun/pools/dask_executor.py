"""Shards on a Dask cluster, behind concurrent.futures' own interface.

Owns the connection, and the question whether every worker of the cluster can do a shard: the same
versions as here, and the run's folder on a disk that all of them see. Dask itself begins a shard
anew whose worker was lost. It must never know what a shard is.
"""

from __future__ import annotations

import platform
import secrets
from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from shardrun.errors import InputError

if TYPE_CHECKING:
    from distributed import Client

_P = ParamSpec("_P")
_T = TypeVar("_T")

_SECONDS_TO_CONNECT = 10
_PACKAGES = ("shardrun", "duckdb")


@dataclass(frozen=True, slots=True)
class Cluster:
    """Where shards run.

    Attributes:
        scheduler: the address of Dask's scheduler, such as ``tcp://host:8786``; None starts one
            here, with workers.
        folder: the run's folder, which every worker has to see under the same path.
    """

    scheduler: str | None
    folder: Path


class DaskExecutor(Executor):
    """Runs each call on a worker of a cluster."""

    def __init__(self, cluster: Cluster, workers: int) -> None:
        """Connect, or start a cluster, and check its workers.

        Args:
            cluster: which one.
            workers: how many are started where there is none yet.

        Raises:
            InputError: Dask is not installed, nobody answers, or a worker can't do a shard.
        """
        try:
            from distributed import Client, LocalCluster
        except ImportError as error:
            raise InputError(
                "--executor dask: Dask is not installed here. Install it with "
                "`pip install shardrun[dask]`, here and where the workers are."
            ) from error
        self._local = None
        if cluster.scheduler is None:
            # DuckDB keeps to its memory limit itself
            self._local = LocalCluster(
                n_workers=workers, threads_per_worker=1, memory_limit=0, dashboard_address=None
            )
        try:
            self._client: Client = Client(
                self._local or cluster.scheduler, timeout=_SECONDS_TO_CONNECT, set_as_default=False
            )
        except (OSError, ValueError) as error:
            if self._local is not None:
                self._local.close()
            raise InputError(
                f"--scheduler: nobody answers at {cluster.scheduler}: {error}"
            ) from error
        try:
            _check_workers(self._client, cluster)
        except BaseException:
            self.shutdown()
            raise
        self._executor: Executor = self._client.get_executor(pure=False)

    def submit(self, fn: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> Future[_T]:
        """Submit a call; if its worker is lost, Dask gives it to another."""
        return self._executor.submit(fn, *args, **kwargs)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Let go of the cluster; one that was started here ends, and its workers with it."""
        if cancel_futures:
            self._client.cancel(list(self._client.futures))
        self._client.close()
        if self._local is not None:
            self._local.close()


def _check_workers(client: Client, cluster: Cluster) -> None:
    """Refuse a cluster that can't do the run's shards.

    Raises:
        InputError: naming the workers and what is wrong with them.
    """
    token = cluster.folder / f"seen-{secrets.token_hex(8)}"
    token.touch(mode=0o600)
    try:
        found = client.run(_state_of_worker, str(token))
    finally:
        token.unlink()
    if not found:
        raise InputError(f"--scheduler: {cluster.scheduler} has no workers")
    here = _state_of_worker(str(Path(__file__)))
    problems = []
    for address, there in sorted(found.items()):
        if not there.pop("sees folder"):
            problems.append(
                f"{address} does not see {cluster.folder}; put the run on a shared disk"
            )
        problems += [
            f"{address} has {name} {there[name]}, and {here[name]} is here"
            for name in there
            if there[name] != here[name]
        ]
    if problems:
        raise InputError("--executor dask: " + "\n".join(problems))


def _state_of_worker(token: str) -> dict[str, object]:
    """Return what matters of the process that this runs in."""
    return {
        "sees folder": Path(token).exists(),
        "Python": ".".join(platform.python_version_tuple()[:2]),
        **{name: version(name) for name in _PACKAGES},
    }
