"""Promises about what `shardrun trace` draws once more."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from shardrun.errors import DatabaseError
from shardrun.ledger.fingerprints import Fingerprints
from shardrun.ledger.ledger import Ledger
from shardrun.workforce.draws import STREAMS, create_draws
from shardrun.workforce.life import Life, read_life
from tests.support import render


def test_the_streams_are_those_of_the_project_in_its_order() -> None:
    assert STREAMS == render.STREAMS


@pytest.mark.parametrize("seed", [0, 42, 2**64 - 1])
def test_draws_are_those_of_the_projects_macro(seed: int) -> None:
    with duckdb.connect() as connection:
        connection.execute(
            "create table people as select 2025 + range % 3 as simulation_year, "
            "'E' || range as employee_id, md5_number_upper('E' || range) as employee_key, "
            f"{seed}::ubigint as random_seed from range(100)"
        )
        macro = render.render(
            "{{ shardrun.draws('people', streams=var('random_streams'), key='employee_key', "
            "period='simulation_year', seed='random_seed') }}"
        )
        streams = ", ".join(f"draw_{stream}" for stream in STREAMS)
        drawn = connection.execute(f"select employee_id, {streams} from ({macro}) order by 1")
        expected = drawn.fetchall()
        create_draws(connection, "people", dict.fromkeys((2025, 2026, 2027), seed))
        assert (
            connection.execute(f"select employee_id, {streams} from draws order by 1").fetchall()
            == expected
        )


def test_a_year_is_drawn_with_its_own_seed() -> None:
    drawn = []
    for seeds in ({2025: 1, 2026: 1}, {2025: 1, 2026: 2}, {2025: 2, 2026: 2}):
        with duckdb.connect() as connection:
            connection.execute(
                "create table people as select year as simulation_year, 'E' as employee_id, "
                "7::ubigint as employee_key from unnest([2025, 2026]) years(year)"
            )
            create_draws(connection, "people", seeds)
            rows = connection.execute("from draws order by simulation_year").fetchall()
        drawn.append(rows)
    assert drawn[1] == [drawn[0][0], drawn[2][1]]
    assert drawn[0] != drawn[2]


@pytest.mark.parametrize("shards", [1, 2, 7, 8, 1024])
def test_the_shard_is_that_of_the_projects_macro(shards: int) -> None:
    keys = [0, 1, 2**32 - 1, 2**32, 2**63, 2**64 - 1, 0x123456789ABCDEF0]
    of_key = render.render(f"{{{{ shardrun.shard_of_key('key', {shards}) }}}}")
    with duckdb.connect() as connection:
        for key in keys:
            expected = connection.execute(
                f"select {of_key} from (select ?::ubigint as key)", [key]
            ).fetchone()
            assert (Life("E", key, ()).shard_of(shards),) == expected


def test_a_database_of_another_project_is_refused(tmp_path: Path) -> None:
    database = tmp_path / "rabbits.duckdb"
    with duckdb.connect(database) as connection:
        ledger = Ledger(connection.cursor, database)
        ledger.begin_run(2025, 2025, 42, {"dbt_threads": 1}, Fingerprints({}, {}, "p"))
        connection.execute("create table fct_rabbits as select 2025 as simulation_year")
    with pytest.raises(DatabaseError, match="not made by the bundled workforce"):
        read_life(database, "E0000001")
