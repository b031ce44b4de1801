"""Turns what pydantic refuses into lines for the person who wrote the file.

It only words problems and finds their place. It must never decide what is acceptable; the models
of `shardrun.config.simulation` do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from difflib import get_close_matches
from enum import Enum, EnumType
from inspect import isclass
from types import UnionType
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from shardrun.config.yaml_source import KeyPath, YamlSource, printable
from shardrun.errors import ConfigError

LEFT_OUT: dict[KeyPath, str] = {
    ("performance", "enable_query_optimization"): (
        "there is no such switch: DuckDB's optimizer is always on; remove the key"
    ),
}

_EXPECTED = {
    "int_type": "a whole number",
    "is_instance_of": "a number",
    "bool_type": "true or false",
    "string_type": "text",
    "path_type": "a path",
    "tuple_type": "a list such as [A, B]",
    "model_type": "keys under it",
    "dict_type": "keys under it",
}


def refusal(error: ValidationError, source: YamlSource, model: type[BaseModel]) -> ConfigError:
    """Return the ConfigError that lists every problem, in the order of the file, one a line."""
    known = list(_known_keys(model))
    found = error.errors(include_url=False)
    unknown = {key_path(details) for details in found if _is_unknown_key(details)}
    lines = []
    for details in found:
        at, is_unknown = key_path(details), _is_unknown_key(details)
        if not is_unknown and any(at[: len(key)] == key for key in unknown):
            continue  # what stands under an unknown key is no second problem
        place = source.locate(at, key=is_unknown)
        where = f"{source.path}:{place.line}:{place.column}"
        lines.append((place, f"{where}: {_dotted(at)}: {problem(details, known)}"))
    count = "1 problem" if len(lines) == 1 else f"{len(lines)} problems"
    summary = f"{source.path} is not acceptable: {count}"
    return ConfigError("\n".join([summary, *(text for _, text in sorted(lines))]))


def key_path(details: ErrorDetails) -> KeyPath:
    """Return the path of the key or value that the problem is about."""
    at = details["loc"]
    return at[:-1] if at[-1:] == ("[key]",) else at


def problem(details: ErrorDetails, known: list[KeyPath] | None = None) -> str:
    """Word one problem, without its place; `known` holds the path of every key there is."""
    kind, given = details["type"], details["input"]
    if _is_unknown_key(details):
        return _unknown_key(key_path(details), known or [])
    if kind == "value_error":
        return str(details["ctx"]["error"])
    if kind in _EXPECTED:
        return f"expected {_EXPECTED[kind]}, not {shown(given)}{_quoting_hint(kind, given)}"
    if kind == "literal_error":
        return f"expected {details['ctx']['expected']}, not {shown(given)}"
    if kind == "greater_than_equal":
        return f"{shown(given)} is too small; at least {details['ctx']['ge']}"
    if kind == "less_than_equal":
        return f"{shown(given)} is too large; at most {details['ctx']['le']}"
    return f"{shown(given)} {re.sub('^(Decimal )?input ', '', details['msg'], flags=re.IGNORECASE)}"


def shown(value: Any) -> str:
    """Return `value` the way a person would name it in a sentence, shortened."""
    match value:
        case None:
            return "an empty value"
        case bool():
            return str(value).lower()
        case str():
            return f'the text "{printable(value)}"'
        case int() | Decimal():
            return str(value)
        case dict():
            return "keys"
        case _:
            return "a list"


def _quoting_hint(kind: str, given: Any) -> str:
    if given is None:
        return "; give it a value or remove the key"
    if kind in ("string_type", "path_type") and isinstance(given, bool | int | Decimal):
        return "; put it in quotes if it is text"
    if kind in ("int_type", "is_instance_of", "bool_type") and isinstance(given, str):
        is_number = re.fullmatch(r"[+-]?[0-9._]+", given)
        return "; write it without quotes and leading zeros" if is_number else ""
    return ""


def _is_unknown_key(details: ErrorDetails) -> bool:
    return details["type"] == "extra_forbidden" or details["loc"][-1:] == ("[key]",)


def _unknown_key(at: KeyPath, known: list[KeyPath]) -> str:
    if at in LEFT_OUT:
        return LEFT_OUT[at]
    key = str(at[-1]).lower()
    siblings = [str(path[-1]) for path in known if path[:-1] == at[:-1]]
    if near := get_close_matches(key, siblings, n=1):
        return f'unknown key; did you mean "{near[0]}"?'
    # the right key in the wrong section; only where one section can be meant
    near = get_close_matches(key, sorted({str(path[-1]) for path in known}), n=1, cutoff=0.75)
    elsewhere = [path for path in known if path[-1:] == tuple(near)]
    if len(elsewhere) == 1:
        return f'unknown key; did you mean "{_dotted(elsewhere[0])}"?'
    return f"unknown key; known here: {', '.join(siblings)}"


def _known_keys(model: type[BaseModel], at: KeyPath = ()) -> Iterator[KeyPath]:
    for name, info in model.model_fields.items():
        yield (*at, name)
        yield from _keys_under(info.annotation, (*at, name))


def _keys_under(annotation: Any, at: KeyPath) -> Iterator[KeyPath]:
    if isclass(annotation) and issubclass(annotation, BaseModel):
        yield from _known_keys(annotation, at)
    elif isinstance(annotation, UnionType):
        for alternative in get_args(annotation):
            yield from _keys_under(alternative, at)
    elif get_origin(annotation) is dict:
        keys, values = get_args(annotation)
        for part in (keys, *get_args(keys)):  # the enumeration, bare or inside Annotated
            if isinstance(part, EnumType):
                for member in list[Enum](part):
                    yield (*at, member.value)
                    yield from _keys_under(values, (*at, member.value))


def _dotted(at: KeyPath) -> str:
    return ".".join(printable(str(part)) for part in at)
