"""Promises about draws: a pure function of (seed, key, period, stream), and of nothing else."""

from collections.abc import Iterator, Sequence

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.philox import draw, shard_key
from tests.support.render import STREAMS, MacroCompilationError, render

EMPLOYEES = 300_000  # three row groups, so that six threads have something to share
FEW = "(select * from employees where employee_id < 'E0003000')"
SOME_STREAMS = ["termination", "layoff", "promotion", "hire_compensation"]


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute(
            f"""
            create table employees as
            select
                {render("{{ shardrun.shard_key('employee_id') }}")} as employee_key,
                2027 as simulation_year,
                *
            from (select printf('E%07d', i) as employee_id from range({EMPLOYEES}) t(i))
            """
        )
        yield connection


def draws(
    relation: str, streams: Sequence[str], seed: str = "42::ubigint", **variables: object
) -> str:
    """Return the sql of draws() on a relation with employee_key and simulation_year."""
    return render(
        "{{ shardrun.draws(var('relation'), streams=var('streams'), key='employee_key',"
        " period='simulation_year', seed=var('seed')) }}",
        relation=relation,
        streams=list(streams),
        seed=seed,
        **variables,
    )


def differing_rows(connection: duckdb.DuckDBPyConnection, one: str, other: str) -> int:
    """Return how many employees have other draws of SOME_STREAMS in two relations."""
    columns = ", ".join(f"draw_{stream}" for stream in SOME_STREAMS)
    row = connection.execute(
        f"select count(*) from (select employee_id, {columns} from ({one})) as one "
        f"full join (select employee_id, {columns} from ({other})) as other using (employee_id) "
        f"where row({', '.join('one.draw_' + stream for stream in SOME_STREAMS)}) "
        f"is distinct from row({', '.join('other.draw_' + stream for stream in SOME_STREAMS)})"
    ).fetchone()
    assert row is not None
    return int(row[0])


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 2**64 - 1),
    st.lists(st.text(max_size=12), min_size=1, max_size=5),
    st.integers(0, 9999),
)
def test_every_stream_equals_the_reference(
    connection: duckdb.DuckDBPyConnection, seed: int, entities: list[str], period: int
) -> None:
    key = render("{{ shardrun.shard_key('entity') }}")
    relation = (
        f"(select {key} as employee_key, {period} as simulation_year from (select unnest($1)"
        " as entity))"
    )
    found = connection.execute(
        draws(relation, STREAMS, seed=f"{seed}::ubigint"), [entities]
    ).fetchall()
    expected = [
        (
            shard_key(entity),
            period,
            *(draw(seed, shard_key(entity), period, place) for place in range(len(STREAMS))),
        )
        for entity in entities
    ]
    assert sorted(found) == sorted(expected)


def test_the_registry_keeps_every_stream_in_its_place() -> None:
    # every simulation ever run hangs on these places: append below, never reorder
    assert STREAMS[:17] == (
        "termination",
        "termination_date",
        "termination_reason",
        "layoff",
        "promotion",
        "promotion_date",
        "performance",
        "deferral_change",
        "enrollment",
        "enrollment_date",
        "enrollment_rate",
        "opt_out",
        "opt_out_date",
        "hire_level",
        "hire_age",
        "hire_date",
        "hire_compensation",
    )
    assert len(set(STREAMS)) == len(STREAMS)


def test_all_columns_and_rows_of_the_relation_stay(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    drawn = draws("employees", SOME_STREAMS)
    columns = [
        (name, kind) for name, kind, *_ in connection.execute(f"describe {drawn}").fetchall()
    ]
    assert columns == [
        ("employee_key", "UBIGINT"),
        ("simulation_year", "INTEGER"),
        ("employee_id", "VARCHAR"),
        *((f"draw_{stream}", "UBIGINT") for stream in SOME_STREAMS),
    ]
    kept = f"select employee_key, simulation_year, employee_id from ({drawn})"
    assert connection.execute(
        f"select count(*) from (from employees except all ({kept}))"
    ).fetchone() == (0,)


def test_draws_are_the_same_in_any_order_of_rows(connection: duckdb.DuckDBPyConnection) -> None:
    shuffled = "(select * from employees order by md5(employee_id))"
    expected = draws("employees", SOME_STREAMS)
    assert differing_rows(connection, expected, draws(shuffled, SOME_STREAMS)) == 0


@pytest.mark.parametrize("threads", [1, 2, 6])
def test_draws_are_the_same_for_any_number_of_threads(
    connection: duckdb.DuckDBPyConnection, threads: int
) -> None:
    connection.execute("set threads = 3")
    connection.execute(f"create or replace temp table before as {draws('employees', SOME_STREAMS)}")
    connection.execute(f"set threads = {threads}")
    connection.execute(f"create or replace temp table after as {draws('employees', SOME_STREAMS)}")
    assert differing_rows(connection, "from before", "from after") == 0


def test_draws_do_not_depend_on_the_streams_beside_them(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    expected = draws(FEW, SOME_STREAMS)
    assert differing_rows(connection, expected, draws(FEW, STREAMS)) == 0
    assert differing_rows(connection, expected, draws(FEW, SOME_STREAMS[::-1])) == 0
    alone = f"(from ({draws(FEW, SOME_STREAMS[:1])}))"
    for stream in SOME_STREAMS[1:]:
        alone = f"({draws(alone, [stream])})"
    assert differing_rows(connection, expected, f"from {alone}") == 0


def test_draws_do_not_depend_on_streams_appended_to_the_registry(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    longer = [*STREAMS, "sabbatical", "transfer", "death", "sick_leave", "bonus"]
    assert (
        differing_rows(
            connection,
            draws(FEW, SOME_STREAMS),
            draws(FEW, [*SOME_STREAMS, "bonus"], random_streams=longer),
        )
        == 0
    )


def test_an_unknown_stream_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(MacroCompilationError) as refused:
        draws("employees", ["termination", "retirement"])
    assert "'retirement'" in str(refused.value)
    assert all(stream in str(refused.value) for stream in STREAMS)


@pytest.mark.parametrize("word", ["seed", "employee_key", "simulation_year"])
def test_every_bit_of_seed_key_and_period_changes_every_stream(
    connection: duckdb.DuckDBPyConnection, word: str
) -> None:
    bits = 31 if word == "simulation_year" else 64
    flipped = f"xor({word}, case when bit < {bits} then 1::ubigint << bit else 0 end)"
    relation = f"""(
        select * replace ({flipped} as {word})
        from (
            select i, bit, 42::ubigint as seed, 2027::ubigint as simulation_year,
                md5_number_upper(i::varchar) as employee_key
            from range(50) t(i), (select unnest(range({bits} + 1))::integer as bit)
        )
    )"""
    drawn = draws(relation, STREAMS, seed="seed")
    # one draw in 2^32 would come out equal by chance; none of these does
    unchanged = connection.execute(
        f"""
        with drawn as ({drawn})
        select a.bit, {", ".join(f"count(*) filter (a.draw_{s} = b.draw_{s})" for s in STREAMS)}
        from drawn as a inner join drawn as b using (i)
        where a.bit < {bits} and b.bit = {bits}
        group by a.bit
        """
    ).fetchall()
    assert len(unchanged) == bits
    assert {count for _, *counts in unchanged for count in counts} == {0}
