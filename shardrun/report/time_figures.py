"""Charts along an axis of seconds, see :mod:`shardrun.report.figures`: what ran when."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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

    def along(places: Sequence[int]) -> Figure:
        own = [spans[place] for place in places]
        return {
            "orientation": "h",
            "y": [span.row for span in own],
            "base": [span.start for span in own],
            "x": [span.seconds for span in own],
        }

    return _bars(
        spans,
        along,
        {"ticksuffix": " s", "rangemode": "tozero", "showgrid": True},
        {"type": "category", "autorange": "reversed", "showgrid": False},
    )


def levels(spans: Sequence[Span], values: Sequence[float]) -> Figure:
    """Draw spans as bars along the axis of seconds of a timeline, as high as their values."""

    def upright(places: Sequence[int]) -> Figure:
        return {
            "x": [spans[place].start for place in places],
            "width": [spans[place].seconds for place in places],
            "offset": 0,
            "y": [values[place] for place in places],
        }

    end = max(span.start + span.seconds for span in spans)
    return _bars(
        spans,
        upright,
        {"ticksuffix": " s", "range": [0, 1.05 * end]},
        {"rangemode": "tozero"},
    )


def _bars(
    spans: Sequence[Span],
    drawn: Callable[[Sequence[int]], Figure],
    x_axis: Figure,
    y_axis: Figure,
) -> Figure:
    """Draw spans, each kind in a colour of its own.

    Args:
        spans: what is drawn.
        drawn: returns where the bars of those in some places of ``spans`` go.
        x_axis: how the axis of seconds looks.
        y_axis: how the other one does.
    """
    kinds: dict[str, list[int]] = {}
    for place, span in enumerate(spans):
        kinds.setdefault(span.kind, []).append(place)
    return {
        "data": [
            {
                "type": "bar",
                "name": kind,
                **drawn(places),
                "customdata": [spans[place].label for place in places],
                "marker": {"color": series_color(color)},
                "hovertemplate": "%{customdata}<extra></extra>",
            }
            for color, (kind, places) in enumerate(kinds.items())
        ],
        "layout": {
            # overlay, since bars of one row follow each other by their base
            "barmode": "overlay",
            "showlegend": True,
            "hovermode": "closest",
            "xaxis": x_axis,
            "yaxis": y_axis,
        },
    }
