"""When a call is the same in every run, whatever the order of the rows.

Owns the rules for aggregates and window functions, and which results are exact numbers. It must
never look at where the rows come from.
"""

from __future__ import annotations

from collections.abc import Iterable

from shardrun.shard_safety import functions
from shardrun.shard_safety.relations import Column, Refusal

_UNORDERED = Refusal(
    "{} without an order by of its own takes the rows as they come, other in every run",
    "Give it an order by that ends in a unique key: {}(... order by ...).",
)
_INEXACT = Refusal(
    "it can't be proven that {} adds no floating-point numbers, whose sum hangs on the order of "
    "the rows",
    "Sum decimals or whole numbers: {}(cast(... as decimal(18, 2))); or, if last digits that may "
    "differ between two runs do no harm, give workflow.event_table inexact_sums: accept.",
)
_UNORDERED_WINDOW = Refusal(
    "{} over a window without order by takes the rows as they come, other in every run",
    "Give the window an order by that ends in a unique key.",
)
_NEEDS_ORDER = functions.ORDERED_WINDOWS | functions.ORDERED_AGGREGATES
_AGGREGATES = (
    functions.ORDER_FREE_AGGREGATES
    | functions.EXACT_AGGREGATES
    | functions.ORDERED_AGGREGATES
    | functions.OTHER_AGGREGATES
)


def is_aggregate(name: str) -> bool:
    """Return whether a function takes in many rows."""
    return name in _AGGREGATES


def aggregate_refusal(
    name: str, arguments: Iterable[Column], *, is_ordered: bool, may_be_inexact: bool
) -> Refusal | None:
    """Return why an aggregate may differ between runs, if it may.

    Args:
        name: an aggregate.
        arguments: what it takes in.
        is_ordered: whether it has an ORDER BY of its own.
        may_be_inexact: whether a sum of floating-point numbers is taken as it comes.
    """
    if name in functions.ORDERED_AGGREGATES and not is_ordered:
        return filled(_UNORDERED, f"{name}()", name)
    if name in functions.EXACT_AGGREGATES and not (may_be_inexact or _all_exact(arguments)):
        return filled(_INEXACT, f"{name}()", name)
    if name in functions.OTHER_AGGREGATES:
        return functions.refusal_of(name, f"{name}()")
    return None


def window_refusal(
    name: str, arguments: Iterable[Column], *, is_ordered: bool, may_be_inexact: bool
) -> Refusal | None:
    """Return why a window function may differ between runs, if it may.

    Args:
        name: any function.
        arguments: what it takes in.
        is_ordered: whether the window or the function has an ORDER BY.
        may_be_inexact: as for :func:`aggregate_refusal`.
    """
    if not (is_aggregate(name) or name in functions.ORDERED_WINDOWS):
        return functions.refusal_of(name, f"{name}()")
    if name in _NEEDS_ORDER and not is_ordered:
        return filled(_UNORDERED_WINDOW, f"{name}()")
    return aggregate_refusal(name, arguments, is_ordered=is_ordered, may_be_inexact=may_be_inexact)


def gives_exact(name: str, arguments: Iterable[Column]) -> bool:
    """Return whether the result of a call is known not to be a floating-point number."""
    keeps = functions.KEEPS_EXACT | functions.KEEPS_EXACT_RESULTS
    always = functions.GIVES_EXACT | functions.EXACT_RESULTS
    return name in always or (name in keeps and _all_exact(arguments))


def filled(refusal: Refusal, *names: str) -> Refusal:
    """Return a refusal with the first name in its reason and the last one in its advice."""
    return Refusal(refusal.reason.format(names[0]), refusal.advice.format(names[-1]))


def _all_exact(values: Iterable[Column]) -> bool:
    return all(value.is_exact for value in values)
