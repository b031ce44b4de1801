"""What each call of dbt on a project is given, and where its log is kept.

It must never call dbt.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from shardrun.dbt_runner.command_line import DbtCall, ProjectSettings


class CallLog:
    """The calls on one project, numbered.

    Attributes:
        variables: of the last call.
    """

    def __init__(
        self,
        settings: ProjectSettings,
        *,
        threads: int,
        base_vars: Mapping[str, Any],
        period_variable: str,
    ) -> None:
        """Begin to number.

        Args:
            settings: of the project.
            threads: dbt's threads where a call does not say.
            base_vars: the vars of every call.
            period_variable: the var that a call's period goes into.
        """
        self.variables = base_vars
        self._settings = settings
        self._threads = threads
        self._base_vars = dict(base_vars)
        self._period_variable = period_variable
        self._calls = 0

    def call(
        self,
        command: Sequence[str],
        period: int | None = None,
        threads: int | None = None,
        variables: Mapping[str, Any] | None = None,
        log_name: str | None = None,
    ) -> DbtCall:
        """Return a call.

        Args:
            command: such as ``["run", "--select", "tag:FOUNDATION"]``.
            period: for which one.
            threads: dbt's threads; None means those of every call.
            variables: vars of this call.
            log_name: name of its log, without ending; None numbers it.
        """
        self._calls += 1
        period_var = {} if period is None else {self._period_variable: period}
        name = log_name or f"{self._calls:03}-{command[0]}"
        return DbtCall(
            command=tuple(command),
            variables={**self._base_vars, **period_var, **(variables or {})},
            threads=1 if self._settings.debug else threads or self._threads,
            log_path=self._settings.logs_dir / f"{name}.log",
        )

    @contextmanager
    def kept(self, call: DbtCall) -> Iterator[None]:
        """Keep what dbt logs meanwhile under the name of a call."""
        settings = self._settings
        self.variables = call.variables
        settings.logs_dir.mkdir(parents=True, exist_ok=True)
        settings.dbt_log.unlink(missing_ok=True)
        try:
            yield
        finally:
            if settings.dbt_log.exists():
                settings.dbt_log.replace(call.log_path)
