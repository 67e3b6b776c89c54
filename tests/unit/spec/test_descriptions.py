"""Every key that a schema offers says what it is: editors show it beside the key."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from reportgen.spec.lock import json_schema

KINDS = ("study", "mapping", "simulation", "fidelity")
# Classes whose keys are not described yet. Take one out as soon as it is: the list is to be empty.
NOT_YET: frozenset[str] = frozenset({"Artefact", "Report", "Rounding", "RoundingHere"})


def keys(kind: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """The class, the name and the schema of each key."""
    schema = json.loads(json_schema(kind))
    for name, node in {schema["title"]: schema, **schema.get("$defs", {})}.items():
        for key, part in node.get("properties", {}).items():
            yield name, key, part


@pytest.mark.parametrize("kind", KINDS)
def test_every_key_is_described(kind: str) -> None:
    silent = [f"{name}.{key}" for name, key, part in keys(kind) if not part.get("description", "").strip()]
    assert [place for place in silent if place.partition(".")[0] not in NOT_YET] == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_description_is_made_of_sentences(kind: str) -> None:
    described = [(f"{name}.{key}", part["description"]) for name, key, part in keys(kind) if "description" in part]
    assert [place for place, text in described if not text.endswith(".")] == []
    assert [place for place, text in described if not (text[0].isupper() or text[0] == "`")] == []


def test_no_class_waits_that_is_described() -> None:
    silent = {name for name, _, part in keys("study") if "description" not in part}
    assert silent == NOT_YET
