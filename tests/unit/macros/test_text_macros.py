"""Promises about the macros that write sql text: quoting, and the explicit order."""

from collections.abc import Iterator

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.render import render

TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield connection


@pytest.mark.parametrize(
    ("text", "literal"),
    [("plain", "'plain'"), ("O'Brien's", "'O''Brien''s'"), ("", "''"), ("'", "''''"), (7, "'7'")],
)
def test_quotes_in_a_literal_are_doubled(text: object, literal: str) -> None:
    assert render("{{ shardrun.quote_literal(var('text')) }}", text=text) == literal


@settings(max_examples=50, deadline=None)
@given(TEXTS)
def test_any_text_comes_back_from_its_literal(
    connection: duckdb.DuckDBPyConnection, text: str
) -> None:
    literal = render("{{ shardrun.quote_literal(var('text')) }}", text=text)
    assert connection.execute(f"select {literal}").fetchone() == (text,)


def test_the_canonical_order_names_every_column_and_puts_nulls_last() -> None:
    assert render("{{ shardrun.canonical_order_by(['simulation_year', 'employee_id']) }}") == (
        "order by\n    simulation_year asc nulls last,\n    employee_id asc nulls last"
    )
    assert render("{{ shardrun.canonical_order_by(['employee_id']) }}") == (
        "order by\n    employee_id asc nulls last"
    )
