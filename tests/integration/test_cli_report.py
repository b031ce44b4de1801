"""Promises of `shardrun report`, on pages of real runs in a real browser."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import pytest
from playwright.sync_api import Browser

from tests.support.browser import Visit, chromium, visit
from tests.support.in_process import invoke
from tests.support.simulated import simulate

pytestmark = pytest.mark.integration

TINY = Path(__file__).parents[1] / "projects" / "tiny"

# what Plotly holds of every chart after it has drawn it
DRAWN = """() => [...document.querySelectorAll(".chart")].map((chart) => ({
    title: chart.closest("figure").querySelector("h3").textContent,
    drawn: chart.querySelectorAll("svg.main-svg path").length,
    traces: chart.data.map(({name, x, y, customdata, base}) => ({name, x, y, customdata, base})),
}))"""
TABLE = """(title) => [...document.querySelectorAll(`[data-table="${title}"] tbody tr`)].map(
    (row) => [...row.cells].map((cell) => cell.dataset.value))"""


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two years of 1,500 people who become fewer, so that there are layoffs too."""
    return simulate(
        tmp_path_factory.mktemp("report"),
        "shrinking",
        years="2027-2028",
        config="simulation:\n  start_year: 2027\n  end_year: 2028\n  target_growth_rate: -0.15\n",
    )


@pytest.fixture(scope="module")
def file(database: Path) -> Path:
    made = invoke("report", database, cwd=database.parent)
    assert made.returncode == 0, made.stderr
    assert made.stdout.strip() == str(database.with_suffix(".html"))
    return database.with_suffix(".html")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def shown(browser: Browser, file: Path) -> Iterator[Visit]:
    with visit(browser, file) as seen:
        yield seen


def query(database: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(database, read_only=True) as connection:
        return connection.execute(sql).fetchall()


def traces(shown: Visit, title: str) -> dict[str | None, dict[str, Any]]:
    (chart,) = (chart for chart in shown.page.evaluate(DRAWN) if chart["title"] == title)
    return {trace["name"]: trace for trace in chart["traces"]}


def test_the_page_draws_everything_quietly_and_asks_the_network_for_nothing(
    shown: Visit, file: Path
) -> None:
    charts = shown.page.evaluate(DRAWN)
    assert len(charts) == 15
    assert all(chart["drawn"] > 0 for chart in charts), charts
    assert shown.said == []
    assert shown.asked_for == [file.as_uri()]


@pytest.mark.parametrize(
    "table",
    [
        "rpt_compensation_growth",
        "rpt_events_by_type",
        "rpt_headcount_bridge",
        "rpt_plan_cost",
        "rpt_yearly_summary",
    ],
)
def test_the_tables_hold_the_numbers_of_the_database(
    shown: Visit, database: Path, table: str
) -> None:
    expected = [
        ["null" if value is None else str(value) for value in row]
        for row in query(database, f"from {table} order by all")
    ]
    assert shown.page.evaluate(TABLE, table) == expected


def test_the_charts_draw_the_numbers_of_the_database(shown: Visit, database: Path) -> None:
    bridge = query(
        database,
        "select opening_headcount, hires, layoffs - experienced_leavers - new_hire_leavers, "
        "-layoffs, closing_headcount from rpt_headcount_bridge order by simulation_year",
    )
    (drawn,) = traces(shown, "Headcount bridge").values()
    assert drawn["y"] == [*bridge[0], *bridge[1][1:]]
    assert all(row[3] < 0 for row in bridge)
    pay = traces(shown, "Compensation")
    assert pay["total compensation"]["y"] == [
        float(paid)
        for (paid,) in query(
            database,
            "select total_compensation from rpt_compensation_growth order by simulation_year",
        )
    ]
    events = traces(shown, "Events by type and year")
    counts = query(
        database,
        "select event_type, count(*) filter (simulation_year = 2027), "
        "count(*) filter (simulation_year = 2028) from fct_yearly_events group by all",
    )
    assert {name: trace["y"] for name, trace in events.items()} == {
        name.replace("_", " "): list(years) for name, *years in counts
    }
    ages = query(
        database,
        "select age_band, count(*) from fct_workforce_snapshot where simulation_year = 2028 "
        "and employment_status = 'continuous_active' group by all",
    )
    drawn_ages = {name: trace["customdata"][1] for name, trace in traces(shown, "Age").items()}
    assert drawn_ages == {"65 and over": 0, **dict(ages)}
    left = traces(shown, "Why people leave")
    assert sum(left["layoff"]["y"]) == query(database, "select count(*) from int_layoffs")[0][0]


def test_the_timeline_has_every_step_of_the_ledger(shown: Visit, database: Path) -> None:
    steps = query(database, "select stage, year, seconds from shardrun.steps")
    drawn = {
        (stage, int(year)): (start, seconds)
        for stage, trace in traces(shown, "Years and stages").items()
        for year, start, seconds in zip(trace["y"], trace["base"], trace["x"], strict=True)
    }
    assert {
        (stage.replace("_", " "), year): pytest.approx(seconds) for stage, year, seconds in steps
    } == {step: seconds for step, (_, seconds) in drawn.items()}
    in_order = sorted(drawn.values())
    for (start, seconds), (following, _) in pairwise(in_order):
        assert start + seconds <= following + 0.01


def test_below_the_timeline_is_what_each_step_took_of_the_machine(
    shown: Visit, database: Path
) -> None:
    for title, figure in (
        ("Memory in use", "peak_memory / 1e9"),
        ("Cores busy", "cpu_seconds / seconds"),
    ):
        recorded = query(
            database, f"select replace(stage, '_', ' '), {figure} from shardrun.steps order by all"
        )
        drawn = [
            (stage, value) for stage, trace in traces(shown, title).items() for value in trace["y"]
        ]
        assert sorted(drawn) == [(stage, pytest.approx(value)) for stage, value in recorded]


def test_what_is_pointed_at_says_its_figure(shown: Visit, database: Path) -> None:
    ((closing,),) = query(
        database,
        "select closing_headcount from rpt_headcount_bridge where simulation_year = 2028",
    )
    chart = shown.page.locator(".chart").first
    chart.scroll_into_view_if_needed()
    bars = chart.locator(".waterfalllayer .point")
    bars.last.hover(force=True)
    shown.page.wait_for_selector(".hoverlayer .hovertext")
    assert f"{closing:,}" in (chart.locator(".hoverlayer").text_content() or "")


def test_checks_config_and_digests_are_told(shown: Visit, database: Path) -> None:
    assert dict(shown.page.evaluate(TABLE, "Configuration"))["target_growth_rate"] == "-0.15"
    digest = json.loads(invoke("digest", database, "--json", cwd=database.parent).stdout)
    told = {table: (rows, value) for table, rows, value in shown.page.evaluate(TABLE, "Digests")}
    assert told.pop("all")[1] == digest["digest"]
    assert told == {
        entry["table"]: (str(entry["rows"]), entry["digest"]) for entry in digest["tables"]
    }
    assert "24 of 24" in shown.page.locator(".tiles").inner_text()


def test_the_page_is_dark_where_the_system_is_and_light_on_paper(
    browser: Browser, file: Path
) -> None:
    look = """() => [getComputedStyle(document.body).backgroundColor,
        document.querySelector(".chart .xtick text").style.fill]"""
    with visit(browser, file) as light:
        light_look = light.page.evaluate(look)
        light.page.emulate_media(color_scheme="dark")
        light.page.wait_for_selector("html[data-drawn=dark]")
        changed = light.page.evaluate(look)
    with visit(browser, file, scheme="dark") as dark:
        assert dark.page.evaluate(look) == changed
        assert all(map(str.__ne__, light_look, changed))
        dark.page.evaluate("dispatchEvent(new Event('beforeprint'))")
        dark.page.wait_for_selector("html[data-drawn=paper]")
        assert dark.page.evaluate(look) == light_look
        assert dark.page.locator(".blocks > details:not([open])").count() == 0
        dark.page.evaluate("dispatchEvent(new Event('afterprint'))")
        dark.page.wait_for_selector("html[data-drawn=dark]")
        assert dark.page.evaluate(look) == changed
        assert dark.page.locator(".blocks > details:not([open])").count() > 0
        assert dark.page.pdf(format="A4").startswith(b"%PDF")
        assert dark.said == []


def test_a_narrow_window_shows_everything_within_its_width(browser: Browser, file: Path) -> None:
    with visit(browser, file, width=400) as narrow:
        wide = narrow.page.evaluate("document.documentElement.scrollWidth")
        assert wide <= 400


def test_the_shards_of_a_run_are_told_with_time_and_memory(
    browser: Browser, database: Path, tmp_path: Path
) -> None:
    inputs = database.parent
    run = invoke(
        *("run", "2027", "--config", inputs / "shrinking" / "config.yaml", "--shards", "3"),
        *("--census", inputs / "census_1500_2027.parquet", "--database", "shards.duckdb"),
        cwd=tmp_path,
    )
    assert run.returncode == 0, run.stderr
    made = invoke("report", "shards.duckdb", cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    shards = query(
        tmp_path / "shards.duckdb",
        "select shard_id, seconds, peak_memory / 1e6 from shardrun.shards order by shard_id",
    )
    assert [shard for shard, _, _ in shards] == [0, 1, 2]
    with visit(browser, tmp_path / "shards.html") as seen:
        (time,) = traces(seen, "Time").values()
        (memory,) = traces(seen, "Memory").values()
        assert time["x"] == [["2027"] * 3, ["0", "1", "2"]]
        assert time["y"] == pytest.approx([seconds for _, seconds, _ in shards])
        assert memory["y"] == pytest.approx([megabytes for _, _, megabytes in shards])
        assert seen.said == []


def test_another_project_has_its_own_tables_and_its_timeline(
    browser: Browser, tmp_path: Path
) -> None:
    shutil.copytree(TINY, tmp_path / "tiny")
    name = "<b>tiny & co.duckdb"
    run = invoke(
        *("run", "2025-2026", "--config", "tiny/simulation_config.yaml", "--database", name),
        cwd=tmp_path,
    )
    assert run.returncode == 0, run.stderr
    made = invoke("report", name, "-o", "page.html", "--json", cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    assert json.loads(made.stdout)["charts"] == 3
    with visit(browser, tmp_path / "page.html") as seen:
        assert "4 of 4" in seen.page.locator(".tiles").inner_text()
        assert seen.page.title() == "<b>tiny & co, 2025 to 2026"
        assert seen.page.evaluate(TABLE, "rpt_rabbits") == [
            ["2025", "2", "4", "1.0000", "49382.68"],
            ["2026", "4", "8", "1.0000", "98765.36"],
        ]
        assert seen.said == []
    again = invoke("report", name, "-o", "page.html", cwd=tmp_path)
    assert again.returncode == 0
    (tmp_path / "mine.html").write_text("<html>my own</html>")
    refused = invoke("report", name, "-o", "mine.html", cwd=tmp_path)
    assert (refused.returncode, "left alone" in refused.stderr) == (2, True)
    assert (tmp_path / "mine.html").read_text() == "<html>my own</html>"
    assert not list(tmp_path.glob(".*partial"))
