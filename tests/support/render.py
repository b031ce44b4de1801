"""Renders the sql macros with jinja2 alone, so that their sql is tested without a whole dbt run.

Owns what stands in for dbt while a macro renders: the package's namespace, var() and the compile
error. It must never know what a macro does; that dbt itself renders the same text is the promise
of tests/integration/test_macro_rendering.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import CodeType, SimpleNamespace
from typing import Any, NoReturn

import jinja2
from ruamel.yaml import YAML

REPOSITORY = Path(__file__).resolve().parents[2]
PROJECT_VARS: Mapping[str, Any] = YAML(typ="safe").load(REPOSITORY / "dbt" / "dbt_project.yml")[
    "vars"
]
STREAMS: tuple[str, ...] = tuple(PROJECT_VARS["random_streams"])

ENVIRONMENT = jinja2.Environment(
    autoescape=False, extensions=["jinja2.ext.do"], undefined=jinja2.StrictUndefined
)


class MacroCompilationError(Exception):
    """What a macro raised by exceptions.raise_compiler_error()."""


def render(template: str, **variables: Any) -> str:
    """Return ``template`` as dbt renders it in dbt/.

    Args:
        template: jinja text that calls macros, those of macros/ as ``shardrun.<name>``.
        **variables: vars, over those of dbt/dbt_project.yml.

    Raises:
        MacroCompilationError: a macro refused its arguments.
    """
    values = {**PROJECT_VARS, **variables}
    package = SimpleNamespace()
    scope: dict[str, Any] = {
        "shardrun": package,
        "var": values.get,
        "exceptions": SimpleNamespace(raise_compiler_error=_raise_compiler_error),
    }
    vars(package).update(_macros("macros/macros", scope))
    scope |= _macros("dbt/macros", scope)
    return _load(_compile(template), scope).render()


def _raise_compiler_error(message: str) -> NoReturn:
    raise MacroCompilationError(message)


def _macros(folder: str, scope: dict[str, Any]) -> dict[str, Any]:
    return {name: getattr(_load(code, scope).module, name) for name, code in _read(folder)}


def _load(code: CodeType, scope: dict[str, Any]) -> jinja2.Template:
    return jinja2.Template.from_code(ENVIRONMENT, code, ENVIRONMENT.make_globals(scope))


@cache
def _compile(template: str) -> CodeType:
    return ENVIRONMENT.compile(template)


@cache
def _read(folder: str) -> tuple[tuple[str, CodeType], ...]:
    # materializations and generic tests are blocks of dbt's own, which jinja2 can't read
    sources = {path.stem: path.read_text() for path in (REPOSITORY / folder).glob("*.sql")}
    return tuple(
        (name, _compile(source)) for name, source in sorted(sources.items()) if "{% macro" in source
    )
