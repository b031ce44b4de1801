"""A template that is judged independent of the year calls dbt alike in every year.

Templates are made up at random and rendered as dbt renders them while parsing, for several years.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import hypothesis.strategies as st
from dbt_common.clients.jinja import CallableMacroGenerator, get_environment
from dbt_common.exceptions.macros import MacroReturn
from hypothesis import given, settings

from shardrun.dbt_runner.jinja_dependence import JinjaDependence, MacroSource

ENVIRONMENT = get_environment(None, capture_macros=True)
YEARS = (1, 2, 3)
MACROS = {
    "reads": "(p){{ ref(p) }}",
    "year_or": "(p){% if p %}{{ return(p) }}{% endif %}{{ return(var('year')) }}",
    "at_times": "(p){% if var('year') > 2 %}{{ return(p) }}{% endif %}{{ return('x') }}",
    "keeps": "(p, q){% set same = p %}{% do same.append(q) %}",
    "wraps": "(p){% if p %}{{ caller() }}{% endif %}",
    "now_and_then": "(){% if var('year') > 1 %}{{ caller() }}{% endif %}",
    "again": "(p, q='x'){% if q == 'x' %}{{ again(p, 'y') }}{% else %}{{ p }}{% endif %}",
    "reads_again": "(p, q){% if q %}{{ reads_again(p, '') }}{% else %}{{ ref(p) }}{% endif %}",
    "leaves": "(p){% if p %}{{ return('') }}{% endif %}{{ ref('late') }}",
    "first": "(p){% for i in [1, 2] %}{% if i == p %}{% break %}{% endif %}{{ i }}{% endfor %}",
}


def macro_text(name: str) -> str:
    parameters, body = MACROS[name].split(")", 1)
    return f"{{% macro {name}{parameters}) %}}{body}{{% endmacro %}}"


def filled(pattern: str, *parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """The pattern with its letters A, B and C replaced by what the parts draw."""

    def fill(drawn: tuple[str, ...]) -> str:
        pieces = dict(zip("ABC", drawn, strict=False))
        return "".join(pieces.get(letter, letter) for letter in pattern)

    return st.tuples(*parts).map(fill)


atoms = st.one_of(
    st.sampled_from(["'x'", "1", "[]", "m", "n", "box", "cell", "cell.x", "execute", "loop.index"]),
    st.sampled_from(["target.name", "target.threads", "var('seed')", "var(m)"]),
    st.sampled_from(["var('year')", "var.has_var('year')"]),
)


def combined(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    one = ["(not A)", "ref(A)", "config(alias=A)", "(A | string)", "'{}'.format(A)", "box.pop(A)"]
    one += ["reads(A)", "year_or(A)", "at_times(A)", "leaves(A)", "first(A)", "var('other', A)"]
    one += ["again(A)", "reads_again(A, 'x')"]
    two = ["(A ~ B)", "(A and B)", "(A or B)", "(A == B)", "[A, B]", "('x' if A else B)"]
    two += ["keeps(box, A ~ B)", "(A if execute else B)"]
    return st.one_of(
        *(filled(pattern, inner) for pattern in one),
        *(filled(pattern, inner, inner) for pattern in two),
    )


values = st.recursive(atoms, combined, max_leaves=4)
names = st.sampled_from(["m", "n", "box"])
simple = st.one_of(
    filled("{{ A }}", values),
    filled("{% set A = B %}", names, values),
    filled("{% set m, n = A, B %}", values, values),
    filled("{% set cell.x = A %}", values),
    filled("{% do box.append(A) %}", values),
    st.sampled_from(["{{ ref(m) }}", "{{ ref(box) }}", "{{ ref(cell.x) }}", "{{ ref('y') }}"]),
    st.sampled_from(["{% set same = box %}{% do same.append(m) %}", "{% set other = cell %}"]),
)


def nested(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    body = st.lists(inner, min_size=1, max_size=3).map("".join)
    return st.one_of(
        filled("{% if A %}B{% endif %}", values, body),
        filled("{% if A %}B{% else %}C{% endif %}", values, body, body),
        filled("{% if execute %}A{% elif B %}C{% endif %}", body, values, body),
        filled("{% for m in [1, A] %}B{% endfor %}", values, body),
        filled("{% for n in [1, 2] if A %}B{% else %}C{% endfor %}", values, body, body),
        filled("{% for n in [1, 2] %}{% if A %}{% break %}{% endif %}B{% endfor %}", values, body),
        filled("{% set A %}B{% endset %}", names, body),
        filled("{% with m = A %}B{% endwith %}", values, body),
        filled("{% call wraps(A) %}B{% endcall %}", values, body),
        filled("{% call now_and_then() %}A{% endcall %}", body),
        filled("{% filter upper %}A{% endfilter %}", body),
    )


statements = st.recursive(simple, nested, max_leaves=6)
templates = st.lists(statements, min_size=1, max_size=6).map(
    lambda parts: "{% set cell = namespace(x='c') %}{% set box = [] %}" + "".join(parts)
)


@dataclass
class Macro:
    name: str
    macro_sql: str


class Var:
    def __init__(self, year: int) -> None:
        self.known = {"year": year, "seed": 42}

    def has_var(self, name: str) -> bool:
        return name in self.known

    def __call__(self, name: str, default: object = None) -> object:
        return self.known.get(name, default)


def parsed(text: str, year: int) -> tuple[list[str], str]:
    """What dbt would remember of a template, and its text."""
    remembered: list[str] = []

    def remembering(kind: str) -> Any:
        def call(*args: object, **kwargs: object) -> str:
            remembered.append(f"{kind}{args}{kwargs}")
            return kind

        return call

    def returning(value: object) -> None:
        raise MacroReturn(value)

    context: dict[str, Any] = {
        "var": Var(year),
        "ref": remembering("ref"),
        "config": remembering("config"),
        "execute": False,
        "target": {"name": "dev", "threads": year},
        "return": returning,
    }
    for name in MACROS:
        context[name] = CallableMacroGenerator(Macro(name, macro_text(name)), context)
    template = ENVIRONMENT.from_string(text, globals=context)
    return remembered, template.render(context)


def may_differ(text: str) -> tuple[bool, bool]:
    macros = [MacroSource(name, "pkg", macro_text(name)) for name in MACROS]
    findings = JinjaDependence(macros, frozenset({"year"})).template(text)
    return findings.problem is not None, findings.changing


@settings(max_examples=150, deadline=None)
@given(templates)
def test_what_is_judged_the_same_is_the_same_in_every_year(text: str) -> None:
    decides, changing = may_differ(text)
    if decides and changing:
        return
    try:
        outcomes = [parsed(text, year) for year in YEARS]
    except Exception:  # noqa: BLE001 - a template that dbt can't parse promises nothing
        return
    if not decides:
        assert outcomes[0][0] == outcomes[1][0] == outcomes[2][0]
    if not decides and not changing:
        assert outcomes[0][1] == outcomes[1][1] == outcomes[2][1]


def test_a_macro_that_calls_itself_is_judged_by_what_it_does() -> None:
    assert may_differ("{{ again('x') }}{{ reads_again('orders', 'x') }}") == (False, False)
    assert may_differ("{{ reads_again(again(var('year')), 'x') }}")[0]
