"""Every value that the schema of a method offers for an option: words, switches, and numbers at their limits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

Option = tuple[str, Any]


def options_of(model: type[BaseModel]) -> Iterator[Option]:
    """Yield each option with each of its values, one at a time."""
    schema = model.model_json_schema(by_alias=True)
    definitions = schema.get("$defs", {})
    for name, part in schema["properties"].items():
        for value in _values(part, definitions):
            yield name, value


def _values(part: dict[str, Any], definitions: dict[str, Any]) -> Iterator[Any]:
    if "$ref" in part:
        part = definitions[part["$ref"].rpartition("/")[2]]
    if "enum" in part:
        yield from part["enum"]
    for choice in part.get("anyOf", ()):
        yield from _values(choice, definitions)
    kind = part.get("type")
    if kind == "boolean":
        yield from (True, False)
    elif kind in ("integer", "number"):
        yield from _limits(part, 1 if kind == "integer" else 1e-6)
    elif kind == "null":
        yield None
    elif kind == "array":
        yield from _lists(part, definitions)
    elif kind == "object":
        for name, inner in part.get("properties", {}).items():
            yield from ({name: value} for value in _values(inner, definitions))


def _limits(part: dict[str, Any], step: float) -> Iterator[Any]:
    """Yield the least and the greatest number, one step inside a limit that is itself excluded."""
    if "minimum" in part:
        yield part["minimum"]
    if "exclusiveMinimum" in part:
        yield part["exclusiveMinimum"] + step
    if "maximum" in part:
        yield part["maximum"]
    if "exclusiveMaximum" in part:
        yield part["exclusiveMaximum"] - step


def _lists(part: dict[str, Any], definitions: dict[str, Any]) -> Iterator[list[Any]]:
    values = list(_values(part.get("items", {}), definitions))
    if values:
        yield from ([value] for value in values)
        yield values
    if "minItems" not in part:
        yield []
