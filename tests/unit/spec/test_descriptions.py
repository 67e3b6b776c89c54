"""Every key that a schema offers says what it is: editors show it beside the key."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from reportgen.spec.lock import json_schema
from reportgen.spec.shows import SHOWS

KINDS = ("study", "mapping", "simulation", "fidelity", "evaluation")


def keys(kind: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """The class, the name and the schema of each key."""
    schema = json.loads(json_schema(kind))
    for name, node in {schema["title"]: schema, **schema.get("$defs", {})}.items():
        for key, part in node.get("properties", {}).items():
            yield name, key, part


@pytest.mark.parametrize("kind", KINDS)
def test_every_key_is_described(kind: str) -> None:
    silent = [f"{name}.{key}" for name, key, part in keys(kind) if not part.get("description", "").strip()]
    assert silent == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_description_is_made_of_sentences(kind: str) -> None:
    described = [(f"{name}.{key}", part["description"]) for name, key, part in keys(kind) if "description" in part]
    assert [place for place, text in described if not text.endswith(".")] == []
    assert [place for place, text in described if not (text[0].isupper() or text[0] == "`")] == []


@pytest.mark.slow
@pytest.mark.parametrize("show", SHOWS)
def test_an_artefact_is_described_and_asks_for_the_analysis_that_it_shows(show: str) -> None:
    defined = json.loads(json_schema("study"))["$defs"][SHOWS[show].__name__]
    assert defined["description"]
    assert ("of" in defined["required"]) == bool(SHOWS[show].shown_methods())


def test_a_report_holds_each_artefact_that_is_registered() -> None:
    contents = json.loads(json_schema("study"))["$defs"]["Report"]["properties"]["contents"]["items"]
    assert set(contents["discriminator"]["mapping"]) == set(SHOWS)
    assert len(contents["oneOf"]) == len(SHOWS)
