"""Promises about the page of a report, as text."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from shardrun.errors import InputError
from shardrun.report.blocks import Chart, DataTable, Page, Section, Tile
from shardrun.report.figures import AMOUNT, lines, panels, shares
from shardrun.report.page import check_target, render_page, write_page
from shardrun.report.time_figures import Span, timeline

HOSTILE = '</script><script>alert("x")</script>'


def page(text: str) -> Page:
    table = DataTable(text, ("simulation_year", "pay", text), ((2025, Decimal("1.50"), text),))
    figure = lines([2025], {text: [Decimal("1.50")]}, AMOUNT)
    return Page(
        title=text,
        subtitle=text,
        tiles=[Tile(text, "pay", text, text)],
        sections=[Section(text, text, [table, Chart(text, text, figure, table)])],
    )


def test_whatever_a_database_holds_is_text_and_never_markup() -> None:
    assert "alert(" in render_page(page("alert("))
    assert HOSTILE not in render_page(page(HOSTILE))


def test_a_page_lets_nothing_be_fetched() -> None:
    head = render_page(page("x")).partition("</head>")[0]
    assert "default-src 'none'" in head
    assert "src=" not in head.replace("-src", "")
    assert "<link" not in head


def test_cells_hold_the_value_beside_what_is_shown() -> None:
    table = DataTable(
        "t", ("growth_rate", "day", "done"), ((Decimal("0.1"), date(2025, 1, 2), None),)
    )
    html = render_page(Page("p", "", [], [Section("s", "", [table])]))
    assert '<td class="number" data-value="0.1">10.0%</td>' in html
    assert 'data-value="2025-01-02">2025-01-02</td>' in html
    assert 'data-value="null">-</td>' in html


def test_a_report_replaces_reports_only(tmp_path: Path) -> None:
    target = tmp_path / "report.html"
    check_target(target)
    write_page(page("first"), target)
    check_target(target)
    write_page(page("second"), target)
    assert "second" in target.read_text()
    assert list(tmp_path.iterdir()) == [target]
    (tmp_path / "thesis.html").write_text("<html>years of work</html>")
    for place, said in (
        (tmp_path / "thesis.html", "left alone"),
        (tmp_path, "is a folder"),
        (tmp_path / "no" / "report.html", "does not exist"),
    ):
        with pytest.raises(InputError, match=said):
            check_target(place)


def test_shares_of_a_year_make_a_whole_and_use_all_shades() -> None:
    figure = shares([2025, 2026], {"a": [1, 0], "b": [1, 0], "c": [2, 0]})
    assert [trace["y"] for trace in figure["data"]] == [[0.25, 0], [0.25, 0], [0.5, 0]]
    assert [trace["marker"]["color"] for trace in figure["data"]] == [
        "$shade-1",
        "$shade-3",
        "$shade-6",
    ]


def test_panels_have_axes_of_their_own() -> None:
    figure = panels([2025], {name: [1] for name in "abcde"}, columns=4)
    assert figure["layout"]["grid"]["rows"] == 2
    axes = [(trace["xaxis"], trace["yaxis"]) for trace in figure["data"]]
    assert axes == [("x", "y"), ("x2", "y2"), ("x3", "y3"), ("x4", "y4"), ("x5", "y5")]
    assert all(f"yaxis{axis.removeprefix('y')}" in figure["layout"] for _, axis in axes)


def test_a_timeline_groups_spans_by_kind_in_order() -> None:
    spans = [Span("2025", kind, start, 1.0, kind) for start, kind in enumerate("abab")]
    figure = timeline(spans)
    assert [(trace["name"], trace["base"]) for trace in figure["data"]] == [
        ("a", [0, 2]),
        ("b", [1, 3]),
    ]
