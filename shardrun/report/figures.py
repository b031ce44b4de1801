"""Charts as data: traces and layout as Plotly's JavaScript takes them.

Colours are names such as `$series-1`, which the page replaces by those of its light or dark form.
It must never read a database, nor import Plotly, of which only the script is needed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

Figure = dict[str, Any]
Number = int | float | Decimal | None

SERIES = 7
"""Colours that tell series apart."""

SHADES = 6
"""Colours from light to dark, for classes in an order."""

COUNT = ",d"
MEAN_COUNT = ",.1~f"
AMOUNT = ",.2f"
PERCENT = ".1%"

# as many digits as tell the ticks apart, and no more
PERCENT_AXIS: Figure = {"tickformat": ".4~%"}
NUMBER_AXIS: Figure = {"exponentformat": "B"}
# top to bottom as the bars are stacked
_LEGEND_BESIDE: Figure = {
    "orientation": "v",
    "traceorder": "reversed",
    "x": 1.02,
    "xanchor": "left",
    "y": 1,
    "yanchor": "top",
}


def lines(
    x: Sequence[object],
    series: Mapping[str, Sequence[Number]],
    number: str,
    *,
    from_zero: bool = True,
) -> Figure:
    """Draw each series as a line over `x`.

    Args:
        x: years, as a rule.
        series: values by name.
        number: how a value is said, such as COUNT, AMOUNT or PERCENT.
        from_zero: whether the axis begins at zero.
    """
    return {
        "data": [
            {
                "type": "scatter",
                "mode": "lines+markers",
                "name": name,
                "x": list(map(str, x)),
                "y": _floats(values),
                "line": {"color": series_color(place), "width": 2.5},
                "marker": {"size": 7},
                "hovertemplate": f"%{{y:{number}}}",
            }
            for place, (name, values) in enumerate(series.items())
        ],
        "layout": {
            "hovermode": "x unified",
            "showlegend": len(series) > 1,
            "xaxis": {"type": "category"},
            "yaxis": {
                **(PERCENT_AXIS if number == PERCENT else NUMBER_AXIS),
                "rangemode": "tozero" if from_zero else "normal",
            },
        },
    }


def shares(x: Sequence[object], classes: Mapping[str, Sequence[int]]) -> Figure:
    """Draw, for each `x`, the classes of a whole on top of each other, from light to dark.

    Args:
        x: years, as a rule.
        classes: counts by class, in their order.
    """
    totals = [sum(counts) or 1 for counts in zip(*classes.values(), strict=True)]
    return {
        "data": [
            {
                "type": "bar",
                "name": name,
                "x": list(map(str, x)),
                "y": [count / total for count, total in zip(counts, totals, strict=True)],
                "customdata": list(counts),
                "marker": {"color": f"$shade-{_spread(place, len(classes))}"},
                "hovertemplate": "%{y:.1%}, %{customdata:,d}",
            }
            for place, (name, counts) in enumerate(classes.items())
        ],
        "layout": _stacked({**PERCENT_AXIS, "range": [0, 1]}),
    }


def stacks(x: Sequence[object], series: Mapping[str, Sequence[int]]) -> Figure:
    """Draw, for each `x`, counts on top of each other.

    Args:
        x: years, as a rule.
        series: counts by name.
    """
    return {
        "data": [
            {
                "type": "bar",
                "name": name,
                "x": list(map(str, x)),
                "y": list(counts),
                "marker": {"color": series_color(place)},
                "hovertemplate": "%{y:,d}",
            }
            for place, (name, counts) in enumerate(series.items())
        ],
        "layout": _stacked(NUMBER_AXIS),
    }


def bridge(
    groups: Sequence[str], steps: Sequence[str], values: Sequence[int], totals: Sequence[bool]
) -> Figure:
    """Draw how one total becomes the next, step by step.

    Args:
        groups: what each step belongs to, a year as a rule.
        steps: their names.
        values: a change, or where it is a total, the total.
        totals: whether it is one.
    """
    return {
        "data": [
            {
                "type": "waterfall",
                "x": [list(groups), list(steps)],
                "y": list(values),
                "measure": ["absolute" if total else "relative" for total in totals],
                "totals": {"marker": {"color": "$series-1"}},
                "increasing": {"marker": {"color": "$series-3"}},
                "decreasing": {"marker": {"color": "$series-2"}},
                "connector": {"line": {"color": "$muted", "width": 1}},
                "hovertemplate": "%{x}: %{y:,d}<extra></extra>",
            }
        ],
        "layout": {"showlegend": False, "yaxis": NUMBER_AXIS},
    }


def grouped_bars(
    groups: Sequence[str],
    names: Sequence[str],
    values: Sequence[Number],
    labels: Sequence[str],
) -> Figure:
    """Draw a bar for each value, those of a group next to each other.

    Args:
        groups: what each bar belongs to, a year as a rule.
        names: of the bars in their group.
        values: their lengths.
        labels: what is said when a bar is pointed at.
    """
    return {
        "data": [
            {
                "type": "bar",
                "x": [list(groups), list(names)],
                "y": _floats(values),
                "customdata": list(labels),
                "marker": {"color": series_color(0)},
                "hovertemplate": "%{customdata}<extra></extra>",
            }
        ],
        "layout": {"showlegend": False, "yaxis": {**NUMBER_AXIS, "rangemode": "tozero"}},
    }


def panels(x: Sequence[int], series: Mapping[str, Sequence[Number]], columns: int) -> Figure:
    """Draw each series as bars in a panel and a scale of its own.

    Args:
        x: years.
        series: counts by name.
        columns: panels next to each other, where there is room.
    """
    layout: Figure = {
        "showlegend": False,
        "grid": {
            "rows": -(-len(series) // columns),
            "columns": columns,
            "pattern": "independent",
            "xgap": 0.2,
            "ygap": 0.38,
        },
        "annotations": [],
    }
    data = []
    for place, (name, values) in enumerate(series.items()):
        axis = "" if place == 0 else str(place + 1)
        data.append(
            {
                "type": "bar",
                "name": name,
                "x": list(x),
                "y": _floats(values),
                "xaxis": f"x{axis}",
                "yaxis": f"y{axis}",
                "marker": {"color": series_color(0)},
                "hovertemplate": "%{x}: %{y:,d}<extra>" + name + "</extra>",
            }
        )
        layout[f"xaxis{axis}"] = {"tickformat": "d", "nticks": 4}
        layout[f"yaxis{axis}"] = {**NUMBER_AXIS, "nticks": 4, "rangemode": "tozero"}
        layout["annotations"].append(
            {
                "text": f"<b>{name}</b>",
                "xref": f"x{axis} domain",
                "yref": f"y{axis} domain",
                "x": 0,
                "y": 1.06,
                "xanchor": "left",
                "yanchor": "bottom",
                "showarrow": False,
            }
        )
    return {"data": data, "layout": layout}


def series_color(place: int) -> str:
    """Return the colour of a series by its place among those of a chart."""
    return f"$series-{place % SERIES + 1}"


def _stacked(y_axis: Figure) -> Figure:
    return {
        "barmode": "stack",
        "hovermode": "x unified",
        "showlegend": True,
        "legend": _LEGEND_BESIDE,
        "xaxis": {"type": "category"},
        "yaxis": y_axis,
    }


def _spread(place: int, count: int) -> int:
    """Return the shade, from 1, of a class among others, the whole range being used."""
    return 1 + round(place * (SHADES - 1) / max(count - 1, 1))


def _floats(values: Sequence[Number]) -> list[float | int | None]:
    return [float(value) if isinstance(value, Decimal) else value for value in values]
