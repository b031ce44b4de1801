"""Writes what the code itself says into files: ``make reference``, and a test keeps them equal.

The reference of the configuration, and its JSON Schema for editors.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from shardrun.config.schema import config_schema
from shardrun.workforce.parameters import WorkforceConfig

REPOSITORY = Path(__file__).parents[1]

OPENING = """\
# Configuration reference

Every key of `config/simulation_config.yaml`, with its default. All of them may be left out; unknown
keys and values out of range are refused with file, line and column. This page is written by
`make reference` from the code.

Editors that speak YAML complete the keys and check the values by
`config/simulation_config.schema.json`, which the first line of the file names. `shardrun config
schema` prints it; with `--config` it prints that of the dbt project which that configuration names.
A dbt project that is not the bundled workforce has the sections `simulation` (without
`target_growth_rate`), `workflow`, `performance` and `project`.
"""


_NUMBERS = {"integer": "whole number", "number": "number"}
_WORDS = {
    "object": "names with values",
    "boolean": "`true` or `false`",
    "null": "`null`",
    "string": "text",
}


def generated_files() -> dict[Path, str]:
    """Return the text of each generated file."""
    schema = config_schema(WorkforceConfig)
    return {
        REPOSITORY / "config" / "simulation_config.schema.json": (
            json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
        ),
        REPOSITORY / "docs" / "configuration.md": "\n".join([OPENING, *_sections(schema)]),
    }


def _sections(schema: dict[str, Any]) -> Iterator[str]:
    definitions = schema["$defs"]
    pending = [(name, described) for name, described in schema["properties"].items()]
    while pending:
        path, described = pending.pop(0)
        section = definitions[_name(described["$ref"])]
        yield f"## `{path}`\n"
        described = section["description"].removeprefix(f"`{path}`").lstrip(":, ")
        yield f"{_capitalized(described)}\n"
        yield "| key | is | default | meaning |\n|---|---|---|---|"
        below = []
        for key, value in _enums_inlined(section["properties"], definitions):
            if "$ref" in value:
                below.append((f"{path}.{key}", value))
            elif "properties" in value:
                stage = next(iter(value["properties"].values()))
                below.append((f"{path}.{key}.<name>", stage))
            elif nested := [option for option in value.get("anyOf", ()) if "$ref" in option]:
                below.append((f"{path}.{key}", nested[0]))
            yield f"| `{key}` | {_type(value)} | {_default(value)} | {value['description']} |"
        yield ""
        pending[:0] = below


def _enums_inlined(
    properties: dict[str, Any], definitions: dict[str, Any]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield keys with what they are; a section of its own stays a reference, a choice does not."""
    for key, value in properties.items():
        of = definitions[_name(value["$ref"])] if "$ref" in value else {}
        if "enum" in of:
            value = {name: said for name, said in value.items() if name != "$ref"}
            value["enum"] = of["enum"]
        yield key, value


def _name(reference: str) -> str:
    return reference.rpartition("/")[2]


def _type(value: dict[str, Any]) -> str:
    match value:
        case {"$ref": _} | {"properties": _}:
            return "keys"
        case {"anyOf": options}:
            return " or ".join(_type(option) for option in options)
        case {"const": only}:
            return f"`{only}`"
        case {"enum": options}:
            return " or ".join(f"`{option}`" for option in options)
        case {"items": items}:
            return f"list of {_type(items)}"
        case {"format": "path"}:
            return "path"
        case {"pattern": _}:
            return "text such as `04-01`"
        case {"type": "integer" | "number" as kind}:
            return _NUMBERS[kind] + _range(value)
    return _WORDS[value["type"]]


def _range(value: dict[str, Any]) -> str:
    most = value.get("maximum")
    if "exclusiveMinimum" in value:
        return f", above {_plain(value['exclusiveMinimum'])}, to {_plain(most)}"
    return "" if most is None else f", {_plain(value['minimum'])} to {_plain(most)}"


def _plain(number: float) -> str:
    return str(int(number) if number == int(number) else number)


def _default(value: dict[str, Any]) -> str:
    if "$ref" in value or (isinstance(value.get("default"), dict) and value["default"]):
        return "see below"
    if "default" not in value:
        return "must be given"
    return f"`{json.dumps(value['default'], ensure_ascii=False)}`"


def _capitalized(text: str) -> str:
    return text[:1].upper() + text[1:]


if __name__ == "__main__":
    for file, text in generated_files().items():
        file.write_text(text, encoding="utf-8")
