"""Promises of a project that is no workforce: months, its own profile, shards by config alone."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from shardrun.digest import digest_database
from shardrun.isolated_shard import run_isolated_shard
from shardrun.project_check import check_project
from shardrun.run_folder import RunFolder
from shardrun.shards import Shard
from tests.support.foreign import configured, copy_loans, inside, run

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


def test_a_shard_alone_is_what_the_run_made_of_it(loans: Path) -> None:
    with inside(loans):
        alone = run_isolated_shard(
            configured("loans.yaml", **MONTHS), loans / "sharded.duckdb", Shard(202501, 1, 3)
        )
    assert alone.comparison.equal
    assert 0 < dict(alone.rows)["fct_loan_balances"] < 200


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
