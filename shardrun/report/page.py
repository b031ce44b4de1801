"""A page as one HTML file: text, tables, charts, and the script that draws them, all inside.

Nothing is fetched from anywhere: a content security policy in the page forbids it. It must never
decide what is shown.
"""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path

from shardrun.console.numbers import format_column, is_number
from shardrun.errors import InputError
from shardrun.report.blocks import Chart, DataTable, Page, Tile, Value
from shardrun.whole_file import replaced_when_whole

GENERATOR = '<meta name="generator" content="shardrun report">'
"""What a file says that a report wrote, so that no other is ever replaced."""

_HEAD_BYTES = 4096


def check_target(path: Path) -> None:
    """Refuse a place where no report can go, or where something else is.

    Raises:
        InputError: the folder is missing, or the file is no report.
    """
    if not path.absolute().parent.is_dir():
        raise InputError(f"-o: the folder {path.absolute().parent} does not exist.")
    if path.is_dir():
        raise InputError(f"-o: {path} is a folder; name a file such as report.html.")
    if path.exists():
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES).decode("utf-8", "replace")
        if GENERATOR not in head:
            raise InputError(
                f"-o: {path} is not a report of ours, so it is left alone. Name another file."
            )


def write_page(page: Page, path: Path) -> None:
    """Write a page under a temporary name and rename it, so that it is whole or not there."""
    with replaced_when_whole(path) as partial:
        partial.write_text(render_page(page), encoding="utf-8")


def render_page(page: Page) -> str:
    """Return the HTML of a page."""
    # a sixth of a second together, which no other command shall wait for
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup
    from plotly.offline import get_plotlyjs

    environment = Environment(
        loader=PackageLoader("shardrun.report", "page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.tests["chart"] = lambda block: isinstance(block, Chart)
    environment.filters["cells"] = _cells
    environment.filters["tile_value"] = _tile_value
    charts = [
        block for section in page.sections for block in section.blocks if isinstance(block, Chart)
    ]
    folder = files(__package__).joinpath("page")
    # ours and Plotly's own text; everything from a database goes through the template's escaping
    style, script = (
        Markup(folder.joinpath(name).read_text(encoding="utf-8"))  # noqa: S704
        for name in ("page.css", "page.js")
    )
    return environment.get_template("page.html.j2").render(
        page=page,
        generator=Markup(GENERATOR),  # noqa: S704
        style=style,
        script=script,
        library=Markup(get_plotlyjs()),  # noqa: S704
        figures=[chart.figure for chart in charts],
        numbers={id(chart): place for place, chart in enumerate(charts)},
        number_of=id,
    )


def _tile_value(tile: Tile) -> str:
    return format_column(tile.name, [tile.value], of_counts=tile.of_counts)[0]


def _cells(table: DataTable) -> list[list[tuple[str, str, bool]]]:
    """Return each row's cells: as a person reads them, as the database has them, and if numbers."""
    columns = []
    for place, name in enumerate(table.columns):
        values = [row[place] for row in table.rows]
        right = is_number(values)
        shown = format_column(name, values, of_counts=name in table.of_counts)
        columns.append(
            [(text, _raw(value), right) for text, value in zip(shown, values, strict=True)]
        )
    return [list(row) for row in zip(*columns, strict=True)]


def _raw(value: Value) -> str:
    return json.dumps(value) if value is None or isinstance(value, bool) else str(value)
