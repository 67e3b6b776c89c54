"""Each key of an analysis has a description in the schema, and no description is of a key that is not there."""

from __future__ import annotations

import json

import pytest

from reportgen.spec.lock import json_schema
from reportgen.spec.meanings import MEANINGS, as_markdown

DEFINED = json.loads(json_schema("study"))["$defs"]
ANALYSES = ("Descriptive", "MetaAnalysis", "Moderators", "RecursivePartitioning", "DirectedPeeling", "Agreement")


@pytest.mark.parametrize("name", ANALYSES)
def test_every_key_of_an_analysis_is_described(name: str) -> None:
    keys = set(DEFINED[name]["properties"]) - {"method"}
    assert keys == set(MEANINGS[name])
    assert all(DEFINED[name]["properties"][key]["description"] == MEANINGS[name][key] for key in keys)


@pytest.mark.parametrize("name", sorted(set(MEANINGS) - set(ANALYSES)))
def test_no_description_is_of_a_key_that_is_not_there(name: str) -> None:
    assert set(MEANINGS[name]) <= set(DEFINED[name]["properties"])


def test_the_table_has_every_key() -> None:
    table = as_markdown()
    for keys in MEANINGS.values():
        assert all(f"| `{key}` |" in table for key in keys)
