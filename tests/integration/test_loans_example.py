"""Promises of a project that is no workforce: months, its own profile, shards by config alone."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import duckdb
import pytest
from dbt.artifacts.schemas.manifest import WritableManifest
from dbt.contracts.state import load_result_state

from shardrun.database.digest import digest_database
from shardrun.database.run_folder import RunFolder
from shardrun.export.formats import ExportFormat
from shardrun.export.tables import export_database
from shardrun.runs.isolated_shard import run_isolated_shard
from shardrun.runs.project_check import check_project
from shardrun.sharding.shards import Shard
from tests.support.foreign import configured, copy_loans, inside, run
from tests.support.in_process import invoke

pytestmark = pytest.mark.integration

MONTHS = {"start_year": 202412, "end_year": 202501}


@pytest.fixture(scope="module")
def loans(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example with 300 loans, run both ways over the end of a year."""
    project = copy_loans(tmp_path_factory.mktemp("loans"), 300)
    with inside(project):
        run(configured("loans.yaml", **MONTHS), project / "whole.duckdb")
        run(configured("loans.yaml", shards=3, **MONTHS), project / "sharded.duckdb")
    return project


def _query(database: Path, sql: str) -> list[tuple[object, ...]]:
    with duckdb.connect(database, read_only=True) as connection:
        return connection.execute(sql).fetchall()


def test_months_in_shards_have_the_digests_of_the_default_path_in_every_table(
    loans: Path,
) -> None:
    whole, sharded = (digest_database(loans / f"{name}.duckdb") for name in ("whole", "sharded"))
    assert whole == sharded
    rows = {table.table: table.rows for table in whole.tables}
    assert rows["fct_loan_events"] > rows["fct_loan_balances"] > 500


def test_each_month_starts_from_what_the_one_before_it_has_left(loans: Path) -> None:
    [(december,), (january,)] = _query(
        loans / "sharded.duckdb",
        "select count(*) filter (where status = 'open' or report_month = 202501) "
        "from fct_loan_balances group by report_month order by report_month",
    )
    assert december == january


def test_the_ledger_counts_the_same_rows_both_ways(loans: Path) -> None:
    steps = "select year, stage, rows, checks_passed from shardrun.steps order by all"
    assert _query(loans / "sharded.duckdb", steps) == _query(loans / "whole.duckdb", steps)
    assert len(_query(loans / "sharded.duckdb", "from shardrun.shards")) == 6


def test_dbt_s_artifacts_of_a_sharded_run_are_where_dbt_s_tools_look(loans: Path) -> None:
    target, kept = loans / "target", loans / "sharded.shardrun" / "target"
    results = load_result_state(target / "run_results.json")
    manifest = WritableManifest.read_and_check_versions(str(target / "manifest.json"))
    assert results is not None
    assert results.metadata.invocation_id == manifest.metadata.invocation_id
    ran = {result.unique_id: result for result in results.results}
    assert len(ran) == len(results.results)
    assert ran.keys() <= manifest.nodes.keys()
    events, balances = (
        ran[f"model.loans.{name}"] for name in ("fct_loan_events", "fct_loan_balances")
    )
    [counts] = _query(
        loans / "sharded.duckdb",
        "select (select count(*) from fct_loan_events), (select count(*) from fct_loan_balances)",
    )
    assert counts == tuple(each.adapter_response["rows_affected"] for each in (events, balances))
    assert events.thread_id in {"shard 0", "shard 1", "shard 2"}
    assert len(events.adapter_response["shards"]) == 3
    compiled = manifest.nodes["model.loans.fct_loan_events"].compiled_path
    assert compiled is not None
    assert "int_opening_loans" in Path(compiled).read_text()
    for name in ("manifest.json", "run_results.json"):
        assert (target / name).read_bytes() == (kept / name).read_bytes()


def test_months_go_by_their_own_name_in_diff_export_and_report(loans: Path) -> None:
    changed = shutil.copy(loans / "sharded.duckdb", loans / "changed.duckdb")
    with duckdb.connect(changed) as connection:
        connection.execute(
            "update fct_loan_balances set status = 'lost' where report_month = 202501"
        )
    shown = invoke("diff", loans / "sharded.duckdb", changed)
    assert re.search(r"^month +202501 *$", shown.stdout, re.MULTILINE), shown.stdout
    told = json.loads(invoke("diff", loans / "sharded.duckdb", changed, "--json").stdout)
    assert told["period"] == {"kind": "month", "column": "report_month"}
    assert told["first_difference"]["year"] == 202501
    exported = export_database(changed, loans / "exported", ExportFormat.CSV)
    orders = {table.table: table.order for table in exported.tables}
    assert orders["fct_loan_balances"] == ("report_month", "loan_id")
    invoke("report", changed)
    page = (loans / "changed.html").read_text()
    assert "Months and stages" in page
    assert "simulation_year" not in page


def test_a_shard_alone_is_what_the_run_made_of_it(loans: Path) -> None:
    with inside(loans):
        alone = run_isolated_shard(
            configured("loans.yaml", **MONTHS), loans / "sharded.duckdb", Shard(202501, 1, 3)
        )
    assert alone.comparison.equal
    assert 0 < dict(alone.rows)["fct_loan_balances"] < 200


def test_a_shard_of_another_project_asks_for_the_configuration_that_the_run_had(
    loans: Path,
) -> None:
    call = invoke(
        *("shard", "1", "--of", "3", "--year", "202501", "--database", "sharded.duckdb"), cwd=loans
    )
    assert call.returncode == 2
    said = " ".join(call.stderr.split())
    assert "was not made by the project at dbt: its run had the settings random_seed" in said
    assert "Give --config FILE that the run had." in said


def test_a_check_tells_which_inputs_are_narrowed_and_which_are_broadcast(loans: Path) -> None:
    with inside(loans):
        found = check_project(
            configured("loans.yaml", **MONTHS), {}, RunFolder(loans / "checked.duckdb")
        )
    assert not found.violations
    assert found.years == (202412, 202501)
    assert [name.split(".")[-1] for name in found.narrowed_inputs] == ['"int_opening_loans"']
    assert [name.split(".")[-1] for name in found.broadcast_inputs] == [
        '"int_month_parameters"',
        '"products"',
    ]
