"""Promises to projects of others: the tables of the plain dbt command line, by config alone."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest
from dbt.cli.main import dbtRunner

from shardrun import run
from shardrun.database.digest import DatabaseDigest, digest_database
from shardrun.errors import ShardError
from tests.support.command_line import shardrun
from tests.support.foreign import inside
from tests.support.in_process import invoke
from tests.support.plain_dbt import PlainDbt
from tests.support.render import REPOSITORY
from tests.support.workforce import LEFT_OUT

pytestmark = pytest.mark.integration


def _copied(folder: Path, name: str) -> Path:
    project = folder / name
    shutil.copytree(REPOSITORY / "tests" / "projects" / name, project, ignore=LEFT_OUT)
    return project


def _by_plain_dbt(
    dbt: PlainDbt,
    project: Path,
    file: Path,
    env: dict[str, str],
    *years: int | None,
    fails: bool = False,
) -> DatabaseDigest:
    folders = ("--target-path", f"{project.parent}/plain", "--log-path", f"{project.parent}/plain")
    for year in years:
        variables = {} if year is None else {"simulation_year": year}
        built = dbt.run(project, "build", "--threads", "2", *folders, env=env, **variables)
        assert built.success is not fails, built.said
    return digest_database(file)


def test_what_real_projects_use_gives_the_command_line_s_tables(
    tmp_path: Path, plain_dbt: PlainDbt
) -> None:
    project = _copied(tmp_path, "shop")
    rates = tmp_path / "rates.duckdb"
    with duckdb.connect(rates) as connection:
        connection.execute(
            "create table exchange as select 'CHF' as currency, 0.94::decimal(9, 4) as rate"
        )
        connection.execute(
            "copy (select 2 as order_id, date '2025-03-01' as returned_on) "
            f"to '{tmp_path / 'returns.parquet'}'"
        )
    plain, ours = tmp_path / "plain.duckdb", tmp_path / "ours.duckdb"
    env = {"SHOP_RATES": str(rates), "SHOP_OUT": str(tmp_path), "SHOP_CURRENCY": "CHF"}
    expected = _by_plain_dbt(
        plain_dbt, project, plain, {**env, "SHOP_FILE": str(plain)}, 2025, 2026
    )
    (tmp_path / "orders.parquet").unlink()
    # a process of its own: dbt-duckdb gives each thread of a python model a loop, and closes none
    done = shardrun("run", "--config", "config.yaml", "--database", ours, cwd=project, **env)
    assert done.returncode == 0, done.stderr
    assert digest_database(ours) == expected
    rows = {table.table: table.rows for table in expected.tables}
    assert {"shop_history.orders_snapshot", "shop_raw.orders", "run_log"} <= rows.keys()
    assert (rows["order_log"], rows["returned_orders"]) == (2, 1)
    with duckdb.connect(ours, read_only=True) as connection:
        assert connection.execute("select count(*) from orders_file").fetchall() == [(5,)]
    assert not (project / "shop.duckdb").exists()


def test_what_profiles_hold_means_the_same_in_shards_and_secrets_stay_where_they_are(
    tmp_path: Path, plain_dbt: PlainDbt
) -> None:
    project = _copied(tmp_path, "meters")
    with duckdb.connect(project / "tariffs.duckdb") as connection:
        connection.execute("create table prices as select 0.25::decimal(9, 4) as price")
    env = {"METERS_TOKEN": "not-to-be-told"}
    expected = _by_plain_dbt(plain_dbt, project, project / "plain.duckdb", env, None)
    done = invoke("run", "--config", "config.yaml", "--shards", "3", cwd=project, **env)
    assert done.returncode == 0, done.stderr
    assert digest_database(project / "simulation.duckdb") == expected
    with duckdb.connect(project / "simulation.duckdb", read_only=True) as connection:
        days = connection.execute("select day::varchar, half from daily where meter_id = 'm3'")
        assert days.fetchall() == [("2024-12-31", 2), ("2025-01-01", 3)]
    written = [file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()]
    assert not any(env["METERS_TOKEN"].encode() in content for content in written)


@pytest.mark.parametrize(
    ("file", "text", "says"),
    [
        (
            "profiles.yml",
            "      extensions: [{name: spatial, repo: \"'/nowhere'\"}]\n",
            'Failed to install local extension "spatial"',
        ),
        ("profiles.yml", "      plugins: [{module: no_such}]\n", "No module named 'no_such'"),
        (
            "catalogs.yml",
            "catalogs: [{name: lake, write_integrations: [{name: x, catalog_type: unity}]}]\n",
            "Catalog type is not supported",
        ),
    ],
)
def test_what_dbt_can_t_open_ends_in_dbt_s_own_reason(
    file: str, text: str, says: str, tmp_path: Path
) -> None:
    project = _copied(tmp_path, "meters")
    (project / "profiles.yml").write_text(
        "meters:\n  target: dev\n  outputs:\n    dev:\n      type: duckdb\n"
    )
    with (project / file).open("a") as stream:
        stream.write(text)
    refused = invoke("check", "--config", "config.yaml", cwd=project)
    assert (refused.returncode, says in refused.stderr) == (2, True), refused.stderr
    [log] = re.findall(r"dbt's log: (\S+)", refused.stderr)
    assert Path(log).is_file()


@dataclass(frozen=True, slots=True)
class Foreign:
    """A project that knows nothing of us, and what dbt's own command line makes of it."""

    project: Path
    plain: DatabaseDigest
    sharded: dict[str, str]

    @property
    def config(self) -> str:
        """A configuration that runs it in shards: of the shape of `tests/projects/bakery.yaml`."""
        text = (REPOSITORY / "tests" / "projects" / "bakery.yaml").read_text()
        for word, theirs in self.sharded.items():
            text = re.sub(rf"\b{word}\b", theirs, text)
        return text


@pytest.fixture(scope="module", params=["bakery", "jaffle_shop_duckdb"])
def foreign(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, plain_dbt: PlainDbt
) -> Foreign:
    """A project of ours in the shape of a public one, and that one where a clone is at hand."""
    name = str(request.param)
    folder = tmp_path_factory.mktemp("foreign")
    words = {"bakery": name}
    if name == "bakery":
        project = _copied(folder, name)
    else:
        clone = os.environ.get("JAFFLE_SHOP_DUCKDB")
        if clone is None:
            pytest.skip("JAFFLE_SHOP_DUCKDB names no clone of dbt-labs/jaffle_shop_duckdb")
        project = shutil.copytree(clone, folder / name)
        words |= {"tickets": "orders", "ticket_id": "order_id", "guests": "customers"}
    [file] = re.findall(r"path: '?([\w.]+)", (project / "profiles.yml").read_text())
    return Foreign(project, _by_plain_dbt(plain_dbt, project, project / file, {}, None), words)


def test_a_foreign_project_runs_by_the_configuration_that_init_proposes(foreign: Foreign) -> None:
    project = foreign.project
    proposed = invoke("init", "--existing", project.name, cwd=project.parent)
    assert proposed.returncode == 0, proposed.stderr
    assert "the project runs once" in proposed.stderr
    done = invoke("run", "--config", "shardrun.yaml", "--json", cwd=project)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["success"]
    assert digest_database(project / "simulation.duckdb") == foreign.plain
    again = invoke("init", "--existing", project.name, cwd=project.parent)
    assert (again.returncode, "is there already" in again.stderr) == (2, True)


@pytest.mark.parametrize("shards", [1, 4])
def test_a_foreign_project_in_shards_by_config_alone_has_the_digests_of_its_plain_dbt_run(
    shards: int, foreign: Foreign
) -> None:
    folder = foreign.project.parent
    (folder / "config.yaml").write_text(foreign.config)
    database = folder / f"in_{shards}.duckdb"
    done = invoke(
        *("run", "--config", "config.yaml", "--database", database),
        *("--shards", str(shards), "--json"),
        cwd=folder,
    )
    assert done.returncode == 0, done.stderr
    assert digest_database(database) == foreign.plain
    with duckdb.connect(database, read_only=True) as connection:
        [(made,)] = connection.execute("select sum(rows) from shardrun.shards").fetchall()
    rows = {table.table: table.rows for table in foreign.plain.tables}
    assert made == (rows[foreign.sharded.get("tickets", "tickets")] if shards > 1 else None)


def test_a_failed_shard_prints_the_command_that_runs_it_pasted_into_a_shell(tmp_path: Path) -> None:
    folder = tmp_path / "their work"
    model = _copied(folder, "bakery") / "models" / "tickets.sql"
    config = "their bakery.yaml"
    shutil.copy(REPOSITORY / "tests" / "projects" / "bakery.yaml", folder / config)
    sound = model.read_text()
    wrong = "cast(case when ticket_id = 80 then 'no ' || ticket_id end as integer)"
    model.write_text(sound.replace("tickets.day,", f"{wrong} as day,"))
    failed = invoke(
        *("run", "--config", config, "--shards", "4", "--executor", "inline"), cwd=folder
    )
    assert (failed.returncode, "1 of 4 shards failed" in failed.stderr) == (1, True), failed.stderr
    with pytest.raises(ShardError) as raised:
        run(config, directory=folder, shards=4, executor="inline")
    model.write_text(sound)
    for said, cwd in ((failed.stderr, folder), (str(raised.value), tmp_path)):
        [(index, command)] = re.findall(
            r"shard (\d) of 4, year 1.*?run it alone: ([^\n]*)", said, re.DOTALL
        )
        words = shlex.split(command)
        if words[0] == "cd":
            cwd, words = Path(words[1]), words[3:]
        alone = invoke(*words[1:], "--json", cwd=cwd)
        assert alone.returncode == 0, alone.stderr
        made = json.loads(alone.stdout)
        assert made["shard"] == f"events_y1_shard{index}_of4"
        assert made["rows"]["tickets"] > 0


def test_the_project_that_everybody_begins_with_fails_as_it_does_by_itself(
    tmp_path: Path, plain_dbt: PlainDbt
) -> None:
    with inside(tmp_path):
        quietly = ("--no-send-anonymous-usage-stats", "--profiles-dir", str(tmp_path))
        init = ("init", "starter", "--skip-profile-setup")
        assert dbtRunner().invoke([*init, *quietly]).success
    project = tmp_path / "starter"
    (project / "profiles.yml").write_text(
        "starter: {target: dev, outputs: {dev: {type: duckdb, path: plain.duckdb}}}\n"
    )
    expected = _by_plain_dbt(plain_dbt, project, project / "plain.duckdb", {}, None, fails=True)
    assert [(table.table, table.rows) for table in expected.tables] == [("my_first_dbt_model", 2)]
    assert invoke("init", "--existing", "starter", cwd=tmp_path).returncode == 0
    done = invoke("run", "--config", "shardrun.yaml", cwd=project)
    assert done.returncode == 3, done.stderr
    assert "not_null_my_first_dbt_model_id" in done.stderr
    [failures, *tables] = sorted(
        digest_database(project / "simulation.duckdb").tables, key=lambda table: table.rows
    )
    assert tables == list(expected.tables)
    assert failures.table == "shardrun_failures.not_null_my_first_dbt_model_id"
