"""The resident dbt gives what the plain dbt command line gives, also where the year decides."""

from __future__ import annotations

import pickle
import shutil
from collections.abc import Mapping
from pathlib import Path

import duckdb
import pytest

from shardrun.dbt_runner import DbtRunner
from tests.support.plain_dbt import PlainDbt

pytestmark = pytest.mark.integration

PROJECTS = Path(__file__).parents[1] / "projects"
YEARS = (2025, 2026, 2027)


def contents(database: Path) -> dict[str, list[tuple[object, ...]]]:
    """Every table of a database with its comment and sorted rows."""
    with duckdb.connect(str(database), read_only=True) as connection:
        tables = connection.execute(
            "select schema_name, table_name, comment from duckdb_tables() order by all"
        ).fetchall()
        return {
            f"{schema}.{name}: {comment}": connection.execute(
                f'from "{schema}"."{name}" order by all'
            ).fetchall()
            for schema, name, comment in tables
        }


def copied(name: str, folder: Path) -> Path:
    return shutil.copytree(PROJECTS / name, folder / name)


def resident(project: Path, database: Path) -> DbtRunner:
    return DbtRunner(
        project,
        run_dir=database.with_suffix(".shardrun"),
        env={"SHARDRUN_DATABASE": str(database)},
    )


@pytest.mark.parametrize(("name", "parses"), [("year_decides", 3), ("year_is_data", 1)])
def test_three_years_equal_the_command_line_and_parse_no_more_than_needed(
    name: str, parses: int, tmp_path: Path, plain_dbt: PlainDbt
) -> None:
    project = copied(name, tmp_path)
    runner = resident(project, tmp_path / "resident.duckdb")
    for year in YEARS:
        assert runner.execute_command(["build"], simulation_year=year).success
        env = {"SHARDRUN_DATABASE": str(tmp_path / "plain.duckdb")}
        built = plain_dbt.run(project, "build", env=env, simulation_year=year)
        assert built.success, built.said
    runner.release_database()

    assert contents(tmp_path / "resident.duckdb") == contents(tmp_path / "plain.duckdb")
    assert runner.parses == parses


def test_a_year_that_decides_is_parsed_once_for_all_its_commands(tmp_path: Path) -> None:
    runner = resident(copied("year_decides", tmp_path), tmp_path / "resident.duckdb")
    for year in YEARS:
        for model in ("even", "odd", "chosen"):
            assert runner.execute_command(["run", "--select", model], simulation_year=year).success
    runner.release_database()
    assert runner.parses == len(YEARS)


BASE = {
    "dbt_project.yml": "name: trap\nprofile: year_is_data\nmodels: {+materialized: table}\n",
    "profiles.yml": (PROJECTS / "year_is_data" / "profiles.yml").read_text(),
    "models/even.sql": "select 0 as parity",
    "models/odd.sql": "select 1 as parity",
}
YEAR = "{{ var('simulation_year') }}"
TRAPS: dict[str, Mapping[str, str]] = {
    "alias in YAML": {
        "models/m.sql": "select 1 as x",
        "models/m.yml": f'models: [{{name: m, config: {{alias: "m_{YEAR}"}}}}]',
    },
    "alias by the project's macro": {
        "models/m.sql": "select 1 as x",
        "macros/generate_alias_name.sql": (
            "{% macro generate_alias_name(custom_alias_name=none, node=none) %}"
            f"{{{{ node.name }}}}_{YEAR}{{% endmacro %}}"
        ),
    },
    "where of a test": {
        "models/m.sql": f"select {YEAR} as y",
        "models/m.yml": (
            "models: [{name: m, columns: [{name: y, data_tests: [{accepted_values: "
            f'{{arguments: {{values: [2025]}}, config: {{where: "y > {YEAR}"}}}}}}]}}]}}]'
        ),
    },
    "hook with a ref": {
        "models/m.sql": (
            "{{ config(post_hook=\"{% if var('simulation_year') == 2026 %}"
            "insert into {{ this }} from {{ ref('odd') }}{% endif %}\") }}select 5 as parity"
        ),
    },
    "list filled by the year": {
        "models/m.sql": (
            "{% set names = [] %}{% set same = names %}"
            "{% do same.append('even' if var('simulation_year') % 2 == 0 else 'odd') %}"
            "select * from {{ ref(names[0]) }}"
        ),
    },
    "var that holds Jinja": {
        "dbt_project.yml": BASE["dbt_project.yml"]
        + "vars: {pick: \"{{ 'even' if var('simulation_year') % 2 == 0 else 'odd' }}\"}\n",
        "models/m.sql": "select * from {{ ref(var('pick')) }}",
    },
    "macro that leaves early": {
        "macros/parity.sql": (
            "{% macro parity() %}{% if var('simulation_year') == 2025 %}{{ return(ref('odd')) }}"
            "{% endif %}{{ return(ref('even')) }}{% endmacro %}"
        ),
        "models/m.sql": "select * from {{ parity() }}",
    },
}
COMPILED_BEFORE = {
    "models/rule.sql": "{{ config(materialized='ephemeral') }}" + f"select {YEAR} as parity",
    "models/reader.sql": "select * from {{ ref('rule') }}",
    "models/child.sql": "select 0 as parity -- depends_on: {{ ref('even') }}",
    "models/keys.yml": (
        "models: [{name: even, columns: [{name: parity, data_type: int}], config: "
        "{contract: {enforced: true}}, constraints: [{type: primary_key, columns: [parity]}]},"
        "{name: child, columns: [{name: parity, data_type: int}], config: "
        "{contract: {enforced: true}}, constraints: [{type: foreign_key, columns: [parity], "
        "to: \"ref('even')\", to_columns: [parity]}]}]"
    ),
}


def written(files: Mapping[str, str], project: Path) -> Path:
    for file, text in {**BASE, **files}.items():
        path = project / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return project


@pytest.mark.parametrize("trap", TRAPS)
def test_a_manifest_of_another_year_makes_no_difference_to_a_trap(
    trap: str, tmp_path: Path
) -> None:
    kept = resident(written(TRAPS[trap], tmp_path / "kept"), tmp_path / "kept.duckdb")
    kept.execute_command(["parse"], simulation_year=2025)
    fresh = resident(written(TRAPS[trap], tmp_path / "fresh"), tmp_path / "fresh.duckdb")
    for runner in (kept, fresh):
        assert runner.execute_command(["build"], simulation_year=2026).success
        runner.release_database()
    assert contents(tmp_path / "kept.duckdb") == contents(tmp_path / "fresh.duckdb")


def test_what_dbt_compiled_before_does_not_come_back(tmp_path: Path) -> None:
    runner = resident(written(COMPILED_BEFORE, tmp_path / "project"), tmp_path / "kept.duckdb")
    for year in (2025, 2026):
        assert runner.execute_command(["run", "-s", "reader"], simulation_year=year).success
        with runner.cursor() as cursor:
            assert cursor.execute("from reader").fetchall() == [(year,)]
        # only compiled: DuckDB 1.5 finds no foreign key's table in an attached database
        assert runner.execute_command(["compile"], simulation_year=year).success
    runner.release_database()
    assert runner.parses == 1
    [kept] = runner._parts.resident()._parsed
    for name, node in kept.fresh(runner._calls.call(["compile"])).nodes.items():
        assert vars(node) == vars(pickle.loads(kept._parsed[name])), name


def test_a_command_whose_options_decide_is_parsed_for_itself(tmp_path: Path) -> None:
    alias = "{{ config(alias='anew' if flags.FULL_REFRESH else 'kept') }}select 1 as x"
    project = written({"models/m.sql": alias}, tmp_path / "project")
    runner = resident(project, tmp_path / "kept.duckdb")
    for options in ([], ["--full-refresh"]):
        assert runner.execute_command(["run", *options], simulation_year=2026).success
    runner.release_database()
    assert {"main.kept: None", "main.anew: None"} < contents(tmp_path / "kept.duckdb").keys()
