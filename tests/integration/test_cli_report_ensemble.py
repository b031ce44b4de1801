"""Promises of `shardrun report` of an ensemble, on its page in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from shardrun.cli import app
from shardrun.console.terminal import Terminal
from shardrun.ensembles.database import write_ensemble
from shardrun.ensembles.headline_figures import HeadlineFigure
from shardrun.ensembles.member_results import MemberResult
from shardrun.ensembles.members import Member
from shardrun.ensembles.records import EnsembleContents, MadeFrom, read_ensemble
from shardrun.ledger.fingerprints import Fingerprints
from tests.support.browser import Visit, chromium, visit

pytestmark = pytest.mark.integration

YEARS = (2025, 2026, 2027)
DRAWN = """() => [...document.querySelectorAll(".chart")].map((chart) => ({
    title: chart.closest("figure").querySelector("h3").textContent,
    bands: chart.querySelectorAll("path.js-fill").length,
    traces: chart.data.map(({name, x, y, fillcolor}) => ({name, x, y, fillcolor})),
}))"""


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Figures of ten runs of two scenarios, the second of which is drawn wider."""
    database = tmp_path_factory.mktemp("ensemble") / "ensemble.duckdb"
    made_from = MadeFrom(2025, 2027, Fingerprints({"cola_rate": "0.02"}, {}, "p"), {"duckdb": "2"})
    with write_ensemble(database) as writer:
        writer.record_scenarios({"": made_from, "fast_growth": made_from})
        for scenario, factor in (("", 1), ("fast_growth", 2)):
            for seed in range(1, 6):
                figures = [
                    HeadlineFigure(year, name, value)
                    for year in YEARS
                    for name, value in (
                        ("closing_headcount", 60_000 + factor * seed * (year - 2024)),
                        ("growth_rate", factor * seed / 100),
                    )
                ]
                writer.record_member(
                    Member(scenario, seed),
                    MemberResult("", 1.0, figures=tuple(figures), digest=f"digest-{seed}"),
                )
    return database


@pytest.fixture(scope="module")
def ensemble(database: Path) -> EnsembleContents:
    return read_ensemble(database)


@pytest.fixture(scope="module")
def shown(database: Path) -> Iterator[Visit]:
    made = CliRunner().invoke(app, ["report", str(database)], obj=Terminal())
    assert made.exit_code == 0, made.output
    with chromium() as browser, visit(browser, database.with_suffix(".html")) as seen:
        yield seen


@pytest.fixture(scope="module")
def charts(shown: Visit) -> dict[str, dict[str, Any]]:
    drawn = shown.page.evaluate(DRAWN)
    assert len(drawn) == 4, "both figures, and what the scenario changes in them"
    return {chart["title"]: chart for chart in reversed(drawn)}


def test_the_page_of_an_ensemble_is_drawn_quietly_and_asks_the_network_for_nothing(
    shown: Visit, database: Path
) -> None:
    assert shown.said == []
    assert shown.asked_for == [database.with_suffix(".html").as_uri()]
    assert shown.page.title() == "Ensemble, 2025 to 2027"


@pytest.mark.parametrize("figure", ["closing_headcount", "growth_rate"])
def test_each_figure_is_a_band_a_scenario_with_the_statistics_of_the_database(
    charts: dict[str, dict[str, Any]], ensemble: EnsembleContents, figure: str
) -> None:
    chart = charts[figure.replace("_", " ").capitalize()]
    assert chart["bands"] == 2
    traces = {trace["name"]: trace for trace in chart["traces"]}
    for scenario, name in (("", "configuration"), ("fast_growth", "fast growth")):
        rows = [
            row for row in ensemble.statistics if (row.scenario, row.figure) == (scenario, figure)
        ]
        assert len(rows) == len(YEARS)
        for statistic, trace in (("p10", f"{name} p10"), ("p90", f"{name} p90"), ("p50", name)):
            assert traces[trace]["x"] == list(map(str, YEARS))
            assert traces[trace]["y"] == [getattr(row, statistic) for row in rows]
        assert traces[f"{name} p90"]["fillcolor"].endswith("38"), "the colour, seen through"


def test_the_page_names_every_run_and_what_it_was_made_from(shown: Visit) -> None:
    text = shown.page.content()
    assert "digest-5" in text
    assert "cola_rate" in text
