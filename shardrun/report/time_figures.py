"""Charts along an axis of seconds, see :mod:`shardrun.report.figures`: what ran when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shardrun.report.figures import Figure, series_color


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time in a row of a timeline.

    Attributes:
        row: which row.
        kind: which colour, and what the legend says.
        start: seconds from the beginning.
        seconds: how long.
        label: what is said when it is pointed at.
    """

    row: str
    kind: str
    start: float
    seconds: float
    label: str


def timeline(spans: Sequence[Span]) -> Figure:
    """Draw spans as bars along one axis of seconds, the first row on top."""
    kinds = list(dict.fromkeys(span.kind for span in spans))
    data = []
    for place, kind in enumerate(kinds):
        own = [span for span in spans if span.kind == kind]
        data.append(
            {
                "type": "bar",
                "orientation": "h",
                "name": kind,
                "y": [span.row for span in own],
                "base": [span.start for span in own],
                "x": [span.seconds for span in own],
                "customdata": [span.label for span in own],
                "marker": {"color": series_color(place)},
                "hovertemplate": "%{customdata}<extra></extra>",
            }
        )
    return {
        "data": data,
        "layout": {
            # overlay, since bars of one row follow each other by their base
            "barmode": "overlay",
            "showlegend": True,
            "hovermode": "closest",
            "xaxis": {"ticksuffix": " s", "rangemode": "tozero", "showgrid": True},
            "yaxis": {"type": "category", "autorange": "reversed", "showgrid": False},
        },
    }


def levels(spans: Sequence[Span], values: Sequence[float]) -> Figure:
    """Draw spans as bars along the axis of seconds of a timeline, as high as their values."""
    end = max(span.start + span.seconds for span in spans)
    kinds = list(dict.fromkeys(span.kind for span in spans))
    data = []
    for place, kind in enumerate(kinds):
        drawn = zip(spans, values, strict=True)
        own = [(span, value) for span, value in drawn if span.kind == kind]
        data.append(
            {
                "type": "bar",
                "name": kind,
                "x": [span.start for span, _ in own],
                "width": [span.seconds for span, _ in own],
                "offset": 0,
                "y": [value for _, value in own],
                "customdata": [span.label for span, _ in own],
                "marker": {"color": series_color(place)},
                "hovertemplate": "%{customdata}<extra></extra>",
            }
        )
    return {
        "data": data,
        "layout": {
            "barmode": "overlay",
            "showlegend": True,
            "hovermode": "closest",
            "xaxis": {"ticksuffix": " s", "range": [0, 1.05 * end]},
            "yaxis": {"rangemode": "tozero"},
        },
    }
