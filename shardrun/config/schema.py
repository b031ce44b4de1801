"""A configuration as JSON Schema, by which editors complete and check the YAML file.

Owns how pydantic's models look as a schema: descriptions from their docstrings, numbers as numbers.
It must never say another thing than the models do; what a schema can't say, loading still refuses.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any, cast

from docstring_parser import DocstringStyle, parse
from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

DIALECT = "https://json-schema.org/draft/2020-12/schema"

_BOUNDS = {
    "ge": "minimum",
    "gt": "exclusiveMinimum",
    "le": "maximum",
    "lt": "exclusiveMaximum",
}


def config_schema(model: type[BaseModel]) -> JsonSchemaValue:
    """Return the JSON Schema of a configuration.

    Args:
        model: the pydantic model of the whole file.
    """
    return {"$schema": DIALECT} | model.model_json_schema(schema_generator=_ConfigSchema)


class _ConfigSchema(GenerateJsonSchema):
    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        json_schema = super().model_schema(schema)
        json_schema.pop("title", None)
        summary, attributes = _documentation(schema["cls"])
        json_schema["description"] = summary
        for name, described in json_schema.get("properties", {}).items():
            described.pop("title", None)
            if "$ref" in described and isinstance(described.get("default"), dict):
                del described["default"]  # the section's own keys say theirs
            if name in attributes:
                described["description"] = attributes[name]
        return json_schema

    def decimal_schema(self, schema: core_schema.DecimalSchema) -> JsonSchemaValue:
        # pydantic takes text too, where it is not strict; a configuration is
        bounds = {
            keyword: float(cast("Decimal", schema[bound]))  # type: ignore[literal-required]
            for bound, keyword in _BOUNDS.items()
            if schema.get(bound) is not None
        }
        return {"type": "number", **bounds}

    def dict_schema(self, schema: core_schema.DictSchema) -> JsonSchemaValue:
        json_schema = super().dict_schema(schema)
        keys = self.resolve_ref_schema(json_schema.pop("propertyNames", {})).get("enum")
        if keys is None:
            return json_schema
        # editors complete properties, not the names that property names may have
        values = json_schema.pop("additionalProperties")
        return json_schema | {
            "properties": dict.fromkeys(keys, values),
            "additionalProperties": False,
        }

    def encode_default(self, dft: Any) -> Any:
        if isinstance(dft, Decimal):
            return int(dft) if dft == dft.to_integral_value() else float(dft)
        return super().encode_default(dft)


def _documentation(model: type[BaseModel]) -> tuple[str, dict[str, str]]:
    """Return what the docstring of a section says of it, and of each of its keys."""
    attributes: dict[str, str] = {}
    for base in reversed(model.__mro__):
        if base.__doc__ and issubclass(base, BaseModel):
            parsed = parse(base.__doc__, DocstringStyle.GOOGLE)
            attributes |= {part.arg_name: _for_yaml(part.description) for part in parsed.params}
    return _for_yaml(parse(model.__doc__ or "", DocstringStyle.GOOGLE).description), attributes


def _for_yaml(described: str | None) -> str:
    """Return a description on one line, in the words of YAML instead of Python's."""
    return re.sub(r"\bNone\b", "null", " ".join((described or "").split()))
