"""Whether a manifest that dbt parsed with some vars is the one it would parse with others.

Owns which texts of a project dbt renders while it parses: models, snapshots, tests, hooks and the
macros they call; the macros that name relations; YAML. Everything there that no changing var can
reach stays as parsed. It must never say "the same" without having looked at all of them: for a
project that it can't follow the answer is a reason to parse again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from shardrun.dbt_runner.jinja_dependence import JinjaDependence, MacroSource

NAMING_MACROS = ("generate_database_name", "generate_schema_name", "generate_alias_name")
_TEST_KWARGS = "_dbt_generic_test_kwargs"
_JINJA = re.compile(r"{[{%#]")
# dbt renders such a test argument although it has no braces
_BARE_CALL = re.compile(r"^\s*(env_var|ref|var|source|doc)\s*\(.+\)\s*$")
_TEST_KEYS = frozenset({"tests", "data_tests"})
_HOOK_KEYS = frozenset({"pre-hook", "post-hook", "pre_hook", "post_hook"})
_TEST_CONFIG = frozenset(
    {"alias", "config", "database", "description", "enabled", "error_if", "fail_calc", "limit",
     "meta", "schema", "severity", "store_failures", "store_failures_as", "tags", "warn_if",
     "where"}
)  # fmt: skip
_PROJECT_TEMPLATES = frozenset({"on-run-end", "on-run-start", "query-comment", "vars"})
_PROJECT_CONFIGS = frozenset({"data_tests", "models", "seeds", "snapshots", "tests"})


@dataclass(frozen=True, slots=True)
class Text:
    """A text that dbt renders, and the file it stands in."""

    file: str
    text: str


@dataclass(frozen=True, slots=True)
class GenericTest:
    """A test from YAML: the call of its macro, and the arguments that dbt renders for it."""

    call: Text
    arguments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ProjectTexts:
    """All that dbt renders while it parses a project.

    Attributes:
        templates: what calls ref(), source() and config(): models, snapshots, tests, hooks.
        tests: tests from YAML.
        values: Jinja in YAML, whose value itself dbt remembers.
        macros: of the project, its packages and dbt.
        indirect_vars: vars of the project whose own value is Jinja.
    """

    templates: tuple[Text, ...] = ()
    tests: tuple[GenericTest, ...] = ()
    values: tuple[Text, ...] = ()
    macros: tuple[MacroSource, ...] = ()
    indirect_vars: frozenset[str] = frozenset()


class ManifestReuse:
    """Judges for one manifest; an answer is kept, since only the names of what changes count."""

    def __init__(self, texts: ProjectTexts, variables: Mapping[str, Any]) -> None:
        """Judge nothing yet.

        Args:
            texts: of the project that was parsed.
            variables: the vars it was parsed with.
        """
        self._texts = texts
        self._variables = dict(variables)
        self._reasons: dict[tuple[frozenset[str], frozenset[str]], str | None] = {}

    def reason_to_parse(self, wanted: Mapping[str, Any]) -> str | None:
        """Return why the manifest may be wrong for other vars; None if it is not.

        With the vars it was parsed with, a reason is one that holds for any two commands.
        """
        before, missing = self._variables, object()
        names = before.keys() | wanted.keys()
        changing = {n for n in names if before.get(n, missing) != wanted.get(n, missing)}
        indirect = {n for n in names if _is_jinja(before.get(n)) or _is_jinja(wanted.get(n))}
        key = frozenset(changing), self._texts.indirect_vars | indirect
        if key not in self._reasons:
            dependence = JinjaDependence(self._texts.macros, *key)
            self._reasons[key] = next(_reasons(self._texts, dependence), None)
        return self._reasons[key]

    def is_affected(self, text: str, changing: frozenset[str]) -> bool:
        """Return whether vars may change what a model's SQL is compiled to.

        Args:
            text: the model's SQL.
            changing: the names of the vars.
        """
        dependence = JinjaDependence(self._texts.macros, changing, self._texts.indirect_vars)
        findings = dependence.template(text)
        return findings.changing or findings.problem is not None


def _reasons(texts: ProjectTexts, dependence: JinjaDependence) -> Iterator[str]:
    without_macros = JinjaDependence((), dependence.changing, dependence.indirect)
    for value in texts.values:
        findings = without_macros.template(value.text)
        if findings.problem or findings.changing:
            yield f"{value.file}: {value.text.strip()}"
    for name in NAMING_MACROS:
        naming = dependence.macro(name)
        if naming and (naming.problem or naming.changing):
            yield f"macro {name}: {naming.problem or 'its value may change'}"
    for template in texts.templates:
        if problem := dependence.template(template.text).problem:
            yield f"{template.file}: {problem}"
    for test in texts.tests:
        arguments = [dependence.template(text) for text in test.arguments]
        changing = any(argument.changing for argument in arguments)
        call = dependence.template(test.call.text, frozenset({_TEST_KWARGS} if changing else ()))
        for findings in (*arguments, call):
            if findings.problem:
                yield f"{test.call.file}: {findings.problem}"


def rendered_arguments(kwargs: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the arguments of a generic test that dbt renders while it parses."""
    return tuple(
        f"{{{{ {text} }}}}" if _BARE_CALL.match(text) else text
        for text in _strings(kwargs)
        if _is_jinja(text) or _BARE_CALL.match(text)
    )


def schema_values(document: object) -> Iterator[str]:
    """Yield the Jinja values of a YAML file of properties.

    Not the arguments of tests and the hooks: those are templates, rendered again at every run.
    """
    match document:
        case str() if _is_jinja(document):
            yield document
        case list():
            for item in document:
                yield from schema_values(item)
        case Mapping():
            for key, value in document.items():
                if key in _TEST_KEYS and isinstance(value, list):
                    yield from schema_values([_settings_of_test(test) for test in value])
                elif key == "config" and isinstance(value, Mapping):
                    hooks = ("pre_hook", "post_hook")
                    yield from schema_values({k: v for k, v in value.items() if k not in hooks})
                else:
                    yield from schema_values(value)


def project_values(document: Mapping[str, Any]) -> Iterator[str]:
    """Yield the Jinja values of a dbt_project.yml that dbt renders when it loads the project."""
    for key, value in document.items():
        if key in _PROJECT_CONFIGS:
            yield from _project_config_values(value)
        elif key not in _PROJECT_TEMPLATES:
            yield from jinja_strings(value)


def jinja_strings(value: object) -> Iterator[str]:
    """Yield every string with Jinja in a value of YAML."""
    return filter(_is_jinja, _strings(value))


def indirect_vars(declared: object) -> Iterator[str]:
    """Yield the names under `vars:` of a dbt_project.yml whose value is Jinja."""
    if isinstance(declared, Mapping):
        for name, value in declared.items():
            if any(map(_is_jinja, _strings(value))):
                yield name
            yield from indirect_vars(value)


def _settings_of_test(test: object) -> object:
    if not isinstance(test, Mapping):
        return test
    if len(test) == 1 and isinstance(settings := next(iter(test.values())), Mapping):
        test = settings
    return {key: value for key, value in test.items() if key in _TEST_CONFIG}


def _project_config_values(value: object) -> Iterator[str]:
    match value:
        case str() if _is_jinja(value):
            yield value
        case list():
            for item in value:
                yield from _project_config_values(item)
        case Mapping():
            for key, inner in value.items():
                if str(key).lstrip("+ ") not in _HOOK_KEYS:
                    yield from _project_config_values(inner)


def _strings(value: object) -> Iterator[str]:
    match value:
        case str():
            yield value
        case Mapping():
            yield from _strings(list(value.values()))
        case list() | tuple():
            for item in value:
                yield from _strings(item)


def _is_jinja(value: object) -> bool:
    return isinstance(value, str) and _JINJA.search(value) is not None
