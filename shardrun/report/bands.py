"""Bands as a chart: where most of many runs lie, and the middle of them, for each series.

It must never read a database; see :mod:`shardrun.report.figures` for how colours are named.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shardrun.report.figures import NUMBER_AXIS, PERCENT, PERCENT_AXIS, Figure, series_color

_OPACITY = "38"  # of FF


@dataclass(frozen=True, slots=True)
class Band:
    """What is drawn of one series; a value for each `x`, None where it has none.

    Attributes:
        low: lower edge of the band.
        middle: the line.
        high: upper edge.
    """

    low: Sequence[float | None]
    middle: Sequence[float | None]
    high: Sequence[float | None]


def bands(x: Sequence[object], series: Mapping[str, Band], number: str) -> Figure:
    """Draw each series as a line within its band.

    Args:
        x: years, as a rule.
        series: by name.
        number: how a value is said; see :mod:`shardrun.report.figures`.
    """
    data: list[dict[str, Any]] = []
    for place, (name, band) in enumerate(series.items()):
        colour = series_color(place)
        edge = {
            "type": "scatter",
            "mode": "lines",
            "x": list(map(str, x)),
            "legendgroup": name,
            "showlegend": False,
            "line": {"width": 0, "color": colour},
            "hovertemplate": f"%{{y:{number}}}",
        }
        data += [
            {**edge, "name": f"{name} p10", "y": list(band.low)},
            {
                **edge,
                "name": f"{name} p90",
                "y": list(band.high),
                "fill": "tonexty",  # down to the trace before it
                "fillcolor": f"{colour}@{_OPACITY}",
            },
            {
                **edge,
                "name": name,
                "mode": "lines+markers",
                "y": list(band.middle),
                "showlegend": len(series) > 1,
                "line": {"width": 2.5, "color": colour},
                "marker": {"size": 6},
            },
        ]
    return {
        "data": data,
        "layout": {
            "hovermode": "x unified",
            "showlegend": len(series) > 1,
            "xaxis": {"type": "category"},
            "yaxis": PERCENT_AXIS if number == PERCENT else NUMBER_AXIS,
        },
    }
