"""Each key of an analysis has a description in the schema, and no description is of a key that is not there."""

from __future__ import annotations

import json

import pytest

from reportgen.spec.lock import json_schema
from reportgen.spec.meanings import MEANINGS, as_markdown
from reportgen.spec.shows import SHOWS

DEFINED = json.loads(json_schema("study"))["$defs"]
ANALYSES = ("Descriptive", "MetaAnalysis", "Moderators", "RecursivePartitioning", "DirectedPeeling", "Agreement")


@pytest.mark.parametrize("name", ANALYSES)
def test_every_key_of_an_analysis_is_described(name: str) -> None:
    keys = set(DEFINED[name]["properties"]) - {"method"}
    assert keys == set(MEANINGS[name])
    assert all(DEFINED[name]["properties"][key]["description"] == MEANINGS[name][key] for key in keys)


@pytest.mark.parametrize("show", SHOWS)
def test_every_option_of_an_artefact_is_described_and_so_is_the_artefact(show: str) -> None:
    defined = DEFINED[SHOWS[show].__name__]
    assert defined["properties"]["show"]["const"] == show
    assert defined["description"]
    assert ("of" in defined["required"]) == bool(SHOWS[show].shown_methods())
    options = {key: part.get("description", "") for key, part in defined["properties"].items() if key != "show"}
    assert all(text.endswith(".") for text in options.values()), options


def test_a_report_holds_each_artefact_that_is_registered() -> None:
    contents = DEFINED["Report"]["properties"]["contents"]["items"]
    assert set(contents["discriminator"]["mapping"]) == set(SHOWS)
    assert len(contents["oneOf"]) == len(SHOWS)


@pytest.mark.parametrize("name", sorted(set(MEANINGS) - set(ANALYSES)))
def test_no_description_is_of_a_key_that_is_not_there(name: str) -> None:
    assert set(MEANINGS[name]) <= set(DEFINED[name]["properties"])


def test_the_table_has_every_key() -> None:
    table = as_markdown()
    for keys in MEANINGS.values():
        assert all(f"| `{key}` |" in table for key in keys)
