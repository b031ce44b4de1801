"""Whether a Jinja template, rendered while dbt parses, can come out differently for other vars.

Owns the judgment of whole templates and of the macros they call. It must never answer "no" where
it did not see everything; what can't be followed is a problem, and a problem only costs a parse.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from dbt_common.clients.jinja import get_environment
from jinja2 import TemplateError, nodes

from shardrun.dbt_runner.jinja_findings import Findings
from shardrun.dbt_runner.jinja_flow import follow

_ENVIRONMENT = get_environment()


@dataclass(frozen=True, slots=True)
class MacroSource:
    """The text of one macro: its name as dbt knows it, its package, its whole definition."""

    name: str
    package: str
    text: str


class JinjaDependence:
    """Judges templates against the vars that change."""

    def __init__(
        self,
        macros: Iterable[MacroSource],
        changing: frozenset[str],
        indirect: frozenset[str] = frozenset(),
    ) -> None:
        """Know what the templates can reach.

        Args:
            macros: every macro that a template could call, of all packages.
            changing: names of the vars that change.
            indirect: names of the vars whose own value is Jinja; reading one is a problem.
        """
        self.changing = changing
        self.indirect = indirect
        self._by_name: dict[str, list[MacroSource]] = {}
        for macro in macros:
            self._by_name.setdefault(macro.name, []).append(macro)
        self._packages = {macro.package for found in self._by_name.values() for macro in found}
        self._judged: dict[MacroSource, Findings] = {}
        self._assumed: dict[MacroSource, Findings] = {}
        self._recursive: set[MacroSource] = set()

    def template(self, text: str, changing_names: frozenset[str] = frozenset()) -> Findings:
        """Return what holds for a template.

        Args:
            text: the template.
            changing_names: names of its context whose value changes.
        """
        try:
            tree = _tree(text)
        except TemplateError as error:
            return Findings(changing=True, problem=f"it can't be read: {error}")
        return follow(self, tree.body, changing_names=changing_names)

    def macro(self, name: str, package: str | None = None) -> Findings | None:
        """Return what holds for any of the macros called ``name``; None if there is none.

        Which of several packages dbt would choose depends on who asks: all of them count.
        """
        found = [m for m in self._by_name.get(name, ()) if package in (None, m.package)]
        return self._together(found) if found else None

    def dispatched(self, name: str) -> Findings:
        """Return what holds for any macro that ``adapter.dispatch(name)`` could choose."""
        return self._together(
            macro
            for other, found in self._by_name.items()
            if other.endswith(f"__{name}")
            for macro in found
        )

    def is_package(self, name: str) -> bool:
        """Return whether macros can be called as ``name.macro()``."""
        return name in self._packages

    def _together(self, macros: Iterable[MacroSource]) -> Findings:
        together = Findings()
        for macro in macros:
            if macro in self._assumed:
                self._recursive.add(macro)
                together.add(self._assumed[macro])
            else:
                if macro not in self._judged:
                    self._judged[macro] = self._judge_with_itself(macro)
                together.add(self._judged[macro])
        return together

    def _judge_with_itself(self, macro: MacroSource) -> Findings:
        """Judge a macro that may call itself, by the least that holds if the call does the same."""
        known = dict(self._judged)
        assumed = Findings()
        while True:
            self._assumed[macro] = assumed
            found = self._judge(macro)
            del self._assumed[macro]
            if macro not in self._recursive or found.says_no_more_than(assumed):
                return found
            self._judged = dict(known)  # what was judged on the assumption falls with it
            assumed.add(found)

    def _judge(self, macro: MacroSource) -> Findings:
        where = f"macro {macro.package}.{macro.name}"
        try:
            tree = _tree(macro.text)
        except TemplateError as error:
            return Findings(changing=True, problem=f"{where} can't be read: {error}")
        definition = next((node for node in tree.body if isinstance(node, nodes.Macro)), None)
        if definition is None:
            return Findings(changing=True, problem=f"{where} has no definition")
        findings = follow(self, definition.body, macro=definition)
        if findings.problem:
            findings.problem = f"{where}, {findings.problem}"
        return findings


@lru_cache(maxsize=4096)
def _tree(text: str) -> nodes.Template:
    return _ENVIRONMENT.parse(text)
