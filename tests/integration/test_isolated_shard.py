"""Promises of `shardrun shard`: one shard alone, to look into, and nothing else touched."""

import json
from pathlib import Path

import duckdb
import pytest

from tests.support.sharded_runs import EVENTS, Project

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project with a run of two years in it, called `default`."""
    project = Project.linked(tmp_path_factory.mktemp("isolated"), 300, "2027-2028")
    project.must_run("default")
    return project


def shard(project: Project, *words: str, name: str = "default") -> dict[str, object]:
    call = project.call(
        "shard", *words, "--database", f"{name}.duckdb", "--config", "config.yaml", "--json"
    )
    assert call.returncode == 0, call.stderr
    return json.loads(call.stdout)


def test_every_shard_equals_what_the_table_holds_and_touches_nothing(project: Project) -> None:
    before = project.digest("default")
    rows = 0
    for index in range(3):
        found = shard(project, str(index), "--of", "3", "--year", "2028")
        assert found["equal"], found
        rows += found["rows"][EVENTS]  # type: ignore[index]
    assert [(rows,)] == project.query(
        "default", f"select count(*) from {EVENTS} where simulation_year = 2028"
    )
    assert project.digest("default") == before


def test_every_model_is_a_table_of_a_file_that_stands_alone_and_has_its_sql(
    project: Project,
) -> None:
    found = shard(project, "1", "--of", "2", "--year", "2027", "--with-inputs")
    models = list(found["rows"])  # type: ignore[call-overload]
    assert {"int_employee_year", "int_promotions", "int_raises", EVENTS} <= set(models)
    sql = {path.stem: path.read_text() for path in Path(str(found["sql"])).glob("*.sql")}
    assert set(sql) == set(models)
    with duckdb.connect() as connection:
        connection.execute(f"attach '{found['file']}' as simulation (read_only)")
        for model in models:
            [(rows,)] = connection.execute(
                f"select count(*) from (\n{sql[model]}\n)"  # from the copied inputs
            ).fetchall()
            assert rows == found["rows"][model]  # type: ignore[index]
    assert Path(str(found["file"])).stat().st_mode & 0o777 == 0o600
    assert sum(found["rows_by_type"].values()) == found["rows"][EVENTS]  # type: ignore


def test_a_shard_of_one_holds_that_one_alone(project: Project) -> None:
    [(someone, events)] = project.query(
        "default",
        f"select employee_id, count(*) from {EVENTS} where simulation_year = 2028 "
        "group by all order by count(*) desc, employee_id limit 1",
    )
    found = shard(project, "--key", someone, "--year", "2028")
    assert found["equal"]
    assert found["rows"][EVENTS] == events  # type: ignore[index]
    assert found["rows"]["int_employee_year"] == 1  # type: ignore[index]


def test_a_changed_model_shows_the_rows_that_differ(tmp_path: Path) -> None:
    project = Project.copied(tmp_path, 200, "2027")
    project.must_run("default")
    model = project.folder / "dbt" / "models" / "events" / "int_promotions.sql"
    model.write_text(model.read_text().replace("not is_new_hire", "is_new_hire"))
    call = project.call(
        *("shard", "0", "--of", "1", "--year", "2027"),
        *("--database", "default.duckdb", "--config", "config.yaml"),
    )
    assert call.returncode == 0, call.stderr
    assert "differs from the canonical table" in call.stdout
    assert "not as it was in the run: project" in call.stderr


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("3", "--of", "3", "--year", "2027"), "there is no shard 3 of 3: they are 0 to 2"),
        (("3", "--year", "2027"), "give a shard as I --of N"),
        (("--key", "X", "--of", "3", "--year", "2027"), "leave out I and --of"),
        (("--key", "nobody", "--year", "2027"), "there is no nobody in"),
        (("0", "--of", "3", "--year", "2031"), "holds 2027 to 2028, not 2031"),
    ],
)
def test_a_shard_that_is_none_is_refused(
    project: Project, words: tuple[str, ...], says: str
) -> None:
    call = project.call("shard", *words, "--database", "default.duckdb", "--config", "config.yaml")
    assert call.returncode == 2
    assert says in " ".join(call.stderr.split())
    assert "Traceback" not in call.stderr
