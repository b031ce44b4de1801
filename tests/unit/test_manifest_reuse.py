"""When a manifest parsed for one year may serve another."""

from __future__ import annotations

import pytest

from shardrun.dbt_runner.jinja_dependence import MacroSource
from shardrun.dbt_runner.manifest_reuse import (
    GenericTest,
    ManifestReuse,
    ProjectTexts,
    Text,
    indirect_vars,
    project_values,
    rendered_arguments,
    schema_values,
)

PARSED = {"simulation_year": 2025, "random_seed": 42}
WANTED = {"simulation_year": 2026, "random_seed": 42}

MACROS = {
    "is_incremental": "(){% if not execute %}{{ return(False) }}{% endif %}"
    "{{ return(not flags.FULL_REFRESH) }}",
    "where": "(r){% set m = adapter.dispatch('where', 'dbt') %}{{ m(r) }}",
    "default__where": "(r){{ return(config.get('where', r)) }}",
    "statement": "(name){% if execute %}{{ caller() }}{% endif %}",
    "twice": "(){{ caller() }}{{ caller() }}",
    "now_and_then": "(){% if YEAR > 2025 %}{{ caller() }}{% endif %}",
    "draw": "(key, stream){% if stream not in var('random_seed') | string %}"
    "{{ exceptions.raise_compiler_error(stream) }}{% endif %}"
    "{{ key }} * {{ var('random_seed') }} + {{ YEAR }}",
    "year_column": "()y{{ YEAR }}",
    "reads": "(name)select * from {{ ref(name) }}",
    "countdown": "(n){% if n %}{{ countdown(n - 1) }}{% endif %}",
    "adds_year": "(names){% do names.append(YEAR) %}",
    "test_equals": "(model, value)select * from {{ model }} where {{ value }}",
    "test_with_ref": "(model, value)select * from {{ ref(value[0]) }}",
}


def jinja(text: str) -> str:
    return text.replace("YEAR", "var('simulation_year')")


def macro(name: str, text: str) -> MacroSource:
    parameters, body = text.split(")", 1)
    return MacroSource(
        name, "pkg", jinja(f"{{% macro {name}{parameters}) %}}{body}{{% endmacro %}}")
    )


def reason(**texts: object) -> str | None:
    macros = tuple(macro(name, text) for name, text in MACROS.items())
    project = ProjectTexts(**{"macros": macros, **texts})  # type: ignore[arg-type]
    return ManifestReuse(project, PARSED).reason_to_parse(WANTED)


def reason_of_template(text: str) -> str | None:
    return reason(templates=(Text("models/m.sql", jinja(text)),))


@pytest.mark.parametrize(
    "text",
    [
        "select {{ YEAR }} from {{ ref('a') }}",
        "{{ config(materialized='table', tags=['A']) }}select 1",
        "{{ config(alias='t_' ~ var('random_seed')) }}select 1",
        "{{ config(alias=target.name ~ env_var('HOME')) }}select 1",
        '{{ config(post_hook="insert into x values ({{ YEAR }})") }}',
        "{% set census = ref('a') %}select {{ YEAR }} from {{ census }}",
        "{% for r in ['a', 'b'] %}select * from {{ ref('int_' ~ r) }}{% endfor %}",
        "select 1 {% if is_incremental() %}where {{ YEAR }}{% endif %}",
        "select * from {{ ref('a') }}{% if YEAR > 2025 %} where x{% endif %}",
        "{% if var('random_seed') == 42 %}select * from {{ ref('a') }}{% endif %}",
        "{% if execute and YEAR > 2025 %}{{ ref('a') }}{% endif %}",
        "{% if execute %}{% set t = ref('b' ~ YEAR) %}{% endif %}{{ ref('a') }}",
        "select {{ pkg.draw('id', 'hire') }} from {{ ref('a') }}",
        "select {{ draw('id', 'hire') }} as {{ year_column() }} from {{ source('s', 't') }}",
        "select * from {{ where(ref('a')) }}",
        "{{ reads('a') }} where y = {{ YEAR }}",
        "{% set parts = [] %}{% do parts.append(YEAR) %}{{ parts }}{{ ref('a') }}",
        "{% call statement('x') %}select {{ YEAR }}{% endcall %}{{ ref('a') }}",
        "{% call twice() %}{{ ref('a') }}{% endcall %}",
        "{% call now_and_then() %}select 1{% endcall %}",
        "{% set year %}{{ YEAR }}{% endset %}select {{ year }} from {{ ref('a') }}",
        "select {{ modules.datetime.date(YEAR, 1, 1) }} from {{ ref('a') }}",
    ],
)
def test_a_template_whose_year_is_only_data_needs_no_second_parse(text: str) -> None:
    assert reason_of_template(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "{{ config(alias='t_' ~ YEAR) }}",
        "{{ config(enabled=(YEAR == 2025)) }}",
        "{{ config.set('alias', YEAR) }}",
        "{% if YEAR == 2025 %}{{ ref('a') }}{% else %}{{ ref('b') }}{% endif %}",
        "{% if x %}{% elif YEAR %}{% else %}{{ source('s', 't') }}{% endif %}",
        "{{ ref('a') if YEAR > 2025 else ref('b') }}",
        "{{ YEAR > 2025 and ref('a') }}",
        "{{ ref('a' ~ YEAR) }}",
        "{{ ref('a', v=YEAR) }}",
        "{{ ref(*['a' ~ YEAR]) }}",
        "{{ builtins.ref('a' ~ YEAR) }}",
        "{{ ref('a' ~ builtins.YEAR) }}",
        "{% set name = 'a' ~ YEAR %}{{ ref(name) }}",
        "{{ ref(name) }}{% set name = YEAR %}",
        "{% set name %}a{{ YEAR }}{% endset %}{{ ref(name) }}",
        "{% with name = YEAR %}{{ ref(name) }}{% endwith %}",
        "{% set a, b = 'x', YEAR %}{{ ref(b) }}",
        "{% for i in range(YEAR - 2025) %}{{ ref('a') }}{% endfor %}",
        "{% for i in [1] if YEAR %}{{ ref('a') }}{% endfor %}",
        "{% for i in [1, 2] %}{% if i > YEAR %}{% break %}{% endif %}{{ ref('a') }}{% endfor %}",
        "{% set ns = namespace(x='a') %}{% set ns.x = YEAR %}{{ ref(ns.x) }}",
        "{% set a = [] %}{% set b = a %}{% do b.append(YEAR) %}{{ ref(a[0]) }}",
        "{% set a = [] %}{% if YEAR > 2025 %}{% do a.append('x') %}{% endif %}{{ ref(a[0]) }}",
        "{% set a = [] %}{{ adds_year(a) }}{{ ref(a[0]) }}",
        "{{ reads('a' ~ YEAR) }}",
        "{{ pkg.reads(year_column()) }}",
        "{% if YEAR > 2025 %}{{ reads('a') }}{% endif %}",
        "{% call now_and_then() %}{{ ref('a') }}{% endcall %}",
        "{% set v = var %}{{ ref(v('simulation_year')) }}",
        "{% set r = ref %}{{ r('a') }}",
        "{% set p = pkg %}{{ p.reads('a') }}",
        "{% set b = builtins %}{{ b.ref('a') }}",
        "{{ context['ref']('a') }}",
        "{{ render('{{ ref(1) }}') }}",
        "{{ ref(var(some_name)) }}",
        "{{ ref(var('other', YEAR)) }}",
        "{% if var.has_YEAR %}{{ ref('a') }}{% endif %}",
        "{{ config(alias=invocation_args_dict.vars) }}",
        "{{ config(alias=run_started_at.strftime('%H')) }}",
        "{{ config(alias=modules.datetime.datetime.now().year) }}",
        "{{ config(alias='t' ~ target.threads) }}",
        "{{ ref(['a', 'b'] | random) }}",
        "{% if flags.FULL_REFRESH %}{{ ref('a') }}{% endif %}",
        "{% if YEAR > 2025 %}{{ exceptions.raise_compiler_error('x') }}{% endif %}",
        "{{ adapter.dispatch('re' ~ 'ads')('a') }}",
        "{% macro inner() %}{{ ref('a') }}{% endmacro %}{{ inner() }}",
        "{% if %}",
    ],
)
def test_a_template_in_which_the_year_may_decide_is_parsed_again(text: str) -> None:
    assert "models/m.sql" in (reason_of_template(text) or "")


def test_a_reason_names_file_and_line() -> None:
    text = "select 1\nfrom {{ ref('a' ~ YEAR) }}"
    assert reason_of_template(text) == "models/m.sql: line 2: an argument of ref may change"


def test_a_macro_that_calls_itself_is_followed() -> None:
    assert reason_of_template("{{ countdown(3) }}{{ ref('a') }}") is None
    assert reason_of_template("{{ ref(countdown(YEAR)) }}") is not None


@pytest.mark.parametrize(
    ("naming", "needs_parse"),
    [
        ("(name, node){{ node.name }}", False),
        ("(name, node){{ year_column() }}", True),
        ("(name, node){{ return(YEAR) }}", True),
    ],
)
def test_a_naming_macro_must_not_see_the_year(naming: str, needs_parse: bool) -> None:
    macros = (
        macro("year_column", MACROS["year_column"]),
        macro("generate_alias_name", naming),
    )
    assert (reason(macros=macros) is not None) is needs_parse


@pytest.mark.parametrize(
    ("test", "value", "needs_parse"),
    [
        ("equals", "{{ YEAR }}", False),
        ("equals", "YEAR", False),
        ("with_ref", "a", False),
        ("with_ref", "{{ YEAR }}", True),
        ("equals", "{% if YEAR > 1 %}{{ ref('a') }}{% endif %}", True),
    ],
)
def test_an_argument_of_a_test_may_hold_the_year_unless_it_decides(
    test: str, value: str, needs_parse: bool
) -> None:
    call = Text("models/m.yml", f"{{{{ test_{test}(**_dbt_generic_test_kwargs) }}}}")
    found = reason(tests=(GenericTest(call, rendered_arguments({"value": [jinja(value)]})),))
    assert (found is not None) is needs_parse


@pytest.mark.parametrize(
    ("value", "needs_parse"),
    [
        ("{{ YEAR }}", True),
        ("{{ var('random_seed') }}", False),
        ("{{ env_var('HOME') }}", False),
        ("{{ doc('x') }}", False),
    ],
)
def test_a_value_in_yaml_must_not_hold_the_year(value: str, needs_parse: bool) -> None:
    assert (reason(values=(Text("dbt_project.yml", jinja(value)),)) is not None) is needs_parse


def test_a_var_that_holds_jinja_may_bring_in_the_year() -> None:
    template = (Text("models/m.sql", "{{ ref(var('pick')) }}"),)
    texts = ProjectTexts(templates=template)
    assert ManifestReuse(texts, PARSED).reason_to_parse(WANTED) is None
    declared = ProjectTexts(templates=template, indirect_vars=frozenset({"pick"}))
    assert ManifestReuse(declared, PARSED).reason_to_parse(WANTED) is not None
    given = {"pick": jinja("{{ YEAR }}")}
    assert ManifestReuse(texts, PARSED | given).reason_to_parse(WANTED | given) is not None


def test_a_var_that_comes_or_goes_counts_as_changed() -> None:
    texts = ProjectTexts(templates=(Text("m.sql", "{{ ref(var('shard', 'a')) }}"),))
    assert ManifestReuse(texts, PARSED).reason_to_parse({**PARSED, "shard": "b"}) is not None
    assert ManifestReuse(texts, {**PARSED, "shard": "b"}).reason_to_parse(PARSED) is not None


def test_only_what_yaml_itself_keeps_is_a_value() -> None:
    schema = {
        "models": [
            {
                "name": "m",
                "description": "{{ 1 }}",
                "config": {"alias": "{{ 2 }}", "pre_hook": "{{ no }}"},
                "data_tests": [
                    "unique",
                    {
                        "equals": {
                            "arguments": {"value": "{{ no }}"},
                            "config": {"where": "{{ 3 }}"},
                        }
                    },
                    {"equals": {"value": "{{ no }}", "severity": "{{ 4 }}"}},
                    {"test_name": "equals", "value": "{{ no }}", "where": "{{ 5 }}"},
                ],
                "columns": [{"name": "c", "tests": [{"equals": {"value": "{{ no }}"}}]}],
            }
        ]
    }
    assert list(schema_values(schema)) == ["{{ 1 }}", "{{ 2 }}", "{{ 3 }}", "{{ 4 }}", "{{ 5 }}"]

    project = {
        "name": "p",
        "vars": {"a": "{{ no }}", "pkg": {"b": ["{{ no }}"]}},
        "on-run-start": ["{{ no }}"],
        "models": {
            "p": {"+enabled": "{{ 1 }}", "+post-hook": ["{{ no }}"], "sub": {"tags": ["{{ 2 }}"]}}
        },
        "target-path": "{{ 3 }}",
    }
    assert list(project_values(project)) == ["{{ 1 }}", "{{ 2 }}", "{{ 3 }}"]
    assert set(indirect_vars(project["vars"])) == {"a", "pkg", "b"}
