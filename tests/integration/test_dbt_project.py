"""Promises about dbt/ and macros/ as a project: its own tests pass, and nothing is left unsaid."""

import hashlib
import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.support.plain_dbt import PlainDbt, Said
from tests.support.render import REPOSITORY
from tests.support.workforce import write_census

pytestmark = pytest.mark.integration

YEARS = (2025, 2026)
STAGES = {
    "INITIALIZATION",
    "FOUNDATION",
    "EVENT_GENERATION",
    "STATE_ACCUMULATION",
    "VALIDATION",
    "REPORTING",
}
# one reads a file, which no fixture can stand in for; the other only names types
WITHOUT_UNIT_TEST = {"stg_census", "stg_plan_limits"}


@dataclass(frozen=True, slots=True)
class Built:
    """A database of two years, built by the plain dbt command line.

    Attributes:
        folder: what holds the project, the package, the census and the database.
        tested: what `dbt test` left.
    """

    folder: Path
    tested: Said

    @property
    def manifest(self) -> dict[str, Any]:
        """What dbt read of the project."""
        return _artifact(self.folder, "manifest")

    @property
    def catalog(self) -> dict[str, Any]:
        """What dbt found in the database."""
        return _artifact(self.folder, "catalog")

    def nodes(self, *resource_types: str) -> list[dict[str, Any]]:
        """The project's nodes of these types."""
        every = [*self.manifest["nodes"].values(), *self.manifest["unit_tests"].values()]
        return [node for node in every if node["resource_type"] in resource_types]


def _artifact(folder: Path, name: str) -> dict[str, Any]:
    artifact: dict[str, Any] = json.loads((folder / f"dbt/target/{name}.json").read_text())
    return artifact


def _dbt(dbt: PlainDbt, folder: Path, *arguments: str, year: int = YEARS[-1]) -> Said:
    return dbt.run(
        folder / "dbt",
        *("--warn-error", "--log-level", "warn", "--no-use-colors", "--show-all-deprecations"),
        *arguments,
        env={"SHARDRUN_DATABASE": str(folder / "simulation.duckdb")},
        simulation_year=year,
        census_path=str(folder / "census.parquet"),
    )


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, plain_dbt: PlainDbt) -> Built:
    folder = tmp_path_factory.mktemp("project")
    left_out = shutil.ignore_patterns("target", "logs", "dbt_packages", ".user.yml")
    for name in ("dbt", "macros"):
        shutil.copytree(REPOSITORY / name, folder / name, ignore=left_out)
    write_census(folder / "people.parquet", employees=2000, start_year=YEARS[0])
    with duckdb.connect() as connection:
        connection.execute(
            f"""
            copy (
                select * replace (if(is_enrolled, deferral_rate, 0.05) as deferral_rate)
                from '{folder}/people.parquet'
            ) to '{folder}/census.parquet'
            """
        )
    quiet = Said(success=True, said="")
    first, last = YEARS
    assert _dbt(plain_dbt, folder, "deps") == quiet
    # each other year has dbt parse the project anew
    untested = ("--exclude-resource-type", "test", "unit_test")
    assert _dbt(plain_dbt, folder, "build", *untested, year=first) == quiet
    assert _dbt(plain_dbt, folder, "run", "--exclude", "tag:INITIALIZATION", year=last) == quiet
    tested = _dbt(plain_dbt, folder, "test")
    assert _dbt(plain_dbt, folder, "docs", "generate") == quiet
    return Built(folder, tested)


def test_data_tests_and_unit_tests_pass_without_a_warning_or_deprecation(built: Built) -> None:
    assert built.tested == Said(success=True, said="")


def test_every_rule_has_a_unit_test_that_says_its_arithmetic(built: Built) -> None:
    unit_tests = built.nodes("unit_test")
    tested = {test["model"] for test in unit_tests}
    assert {model["name"] for model in built.nodes("model")} - tested == WITHOUT_UNIT_TEST
    assert [test["name"] for test in unit_tests if not test["description"]] == []


def test_no_test_runs_in_a_stage_but_the_two_that_guard_it(built: Built) -> None:
    in_stages = {
        test["name"]: set(test["config"]["tags"]) & STAGES
        for test in built.nodes("test", "unit_test")
        if set(test["config"]["tags"]) & STAGES
    }
    assert in_stages == {
        "lookups_are_complete": {"INITIALIZATION"},
        "every_check_passes": {"VALIDATION"},
    }


def test_everything_is_described_beside_its_sql(built: Built) -> None:
    manifest = built.manifest
    own = [
        *built.nodes("model", "seed"),
        *manifest["sources"].values(),
        *(
            macro
            for macro in manifest["macros"].values()
            if macro["package_name"] in ("workforce", "shardrun")
        ),
    ]
    assert [node["unique_id"] for node in own if not node["description"]] == []
    assert [
        node["name"]
        for node in built.nodes("model", "seed")
        if node["patch_path"]
        != f"{node['package_name']}://{Path(node['original_file_path']).with_suffix('.yml')}"
    ] == []


def test_every_argument_of_a_macro_is_described(built: Built) -> None:
    undescribed = {}
    for macro in built.manifest["macros"].values():
        if macro["package_name"] not in ("workforce", "shardrun"):
            continue
        signature = re.search(r"{%-?\s*(?:macro|test)\s+\w+\((.*?)\)", macro["macro_sql"])
        taken = re.findall(r"(\w+)(?:=\w+)?", signature[1]) if signature else []
        if taken != [
            argument["name"] for argument in macro["arguments"] if argument["description"]
        ]:
            undescribed[macro["name"]] = taken
    assert undescribed == {}


def test_every_column_in_the_database_is_described(built: Built) -> None:
    described = {
        node["unique_id"]: {
            name for name, column in node["columns"].items() if column["description"]
        }
        for node in built.nodes("model", "seed")
    }
    found = {
        unique_id: set(table["columns"]) for unique_id, table in built.catalog["nodes"].items()
    }
    assert {table: columns for table, columns in found.items() if columns != described[table]} == {}
    assert len(found) == sum(
        node["config"]["materialized"] != "ephemeral" for node in built.nodes("model", "seed")
    )


def test_every_column_of_an_ephemeral_model_is_described_where_it_begins(built: Built) -> None:
    models = {model["unique_id"]: model for model in built.nodes("model")}

    def described(model: dict[str, Any]) -> set[str]:
        above: list[str] = [
            upstream
            for upstream in model["depends_on"]["nodes"]
            if f"The columns of {upstream.split('.')[-1]} pass through" in model["description"]
        ]
        return set(model["columns"]).union(*(described(models[upstream]) for upstream in above))

    with duckdb.connect() as connection:
        connection.execute(f"attach '{built.folder}/simulation.duckdb' as simulation (read_only)")
        for model in models.values():
            if model["config"]["materialized"] == "ephemeral":
                compiled = built.folder / "dbt/target/compiled/workforce"
                sql = (compiled / model["original_file_path"]).read_text()
                made = {row[0] for row in connection.execute(f"describe {sql}").fetchall()}
                assert made - described(model) == set(), model["name"]
                assert set(model["columns"]) - made == set(), model["name"]


def test_the_census_is_keyed_and_nobody_outside_the_plan_defers(built: Built) -> None:
    with duckdb.connect(built.folder / "simulation.duckdb", read_only=True) as connection:
        rows = connection.execute(
            "select employee_id, employee_key, is_enrolled, deferral_rate from stg_census"
        ).fetchall()
    assert len(rows) == 2000
    for employee_id, employee_key, is_enrolled, deferral_rate in rows:
        digest = hashlib.md5(employee_id.encode(), usedforsecurity=False).digest()
        assert employee_key == int.from_bytes(digest[:8], "little")
        assert is_enrolled == (deferral_rate > 0)
    assert rows == sorted(rows, key=lambda row: (row[1], row[0]))
