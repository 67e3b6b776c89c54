"""Every number of a record says of which kind it is, so that no new class can be left out when an artefact rounds."""

from __future__ import annotations

import pkgutil
from dataclasses import dataclass, is_dataclass
from importlib import import_module

import pytest

import reportgen.records
from reportgen.records import kinds
from reportgen.records.kinds import kinds_of
from reportgen.records.numbers import Inline, Number, plain
from reportgen.records.printed import rounded
from reportgen.spec.shows import RoundingHere
from reportgen.spec.study import Rounding
from tests.number_builder import NumberBuilder

PRINTED = ("artefact", "results")  # what was printed, numbers of any kind together
MODULES = [
    import_module(f"reportgen.records.{item.name}")
    for item in pkgutil.iter_modules(reportgen.records.__path__)
    if item.name not in PRINTED
]
CLASSES = sorted(
    {
        item
        for module in MODULES
        for item in vars(module).values()
        if isinstance(item, type) and is_dataclass(item) and item.__module__ == module.__name__
    },
    key=lambda one: one.__name__,
)
BUILDER = NumberBuilder("a", "a", {"effect": 2})


@dataclass(frozen=True)
class Kept:
    effect: kinds.Effect
    ends: tuple[kinds.Effect, ...]
    n: kinds.Count
    said: Inline
    other: kinds.Mean | None = None


@dataclass(frozen=True)
class Silent:
    known: kinds.Effect
    other: tuple[Number | None, ...]


@pytest.mark.parametrize("record", CLASSES)
def test_each_number_of_a_record_has_a_kind(record: type) -> None:
    kinds_of(record)


def test_there_are_records_to_look_at() -> None:
    assert len(CLASSES) > 60
    assert sum(len(kinds_of(record)) for record in CLASSES) > 200


def test_each_kind_that_an_artefact_rounds_is_one_of_the_policy() -> None:
    assert set(RoundingHere.model_fields) == set(Rounding.model_fields) - {"p"}
    used = {kind for record in CLASSES for kind in kinds_of(record).values()}
    assert set(RoundingHere.model_fields) <= used


def test_a_number_without_a_kind_is_refused_and_not_left_as_it_is() -> None:
    number = BUILDER.fixed("effect", 1.234, "effect")
    with pytest.raises(TypeError, match=r"Silent\.other does not say which kind of number it is"):
        rounded(Silent(number, (number,)), RoundingHere(effect=1), "fig1")


def test_rounding_goes_by_kind_into_lists_and_not_into_sentences() -> None:
    number = BUILDER.fixed("effect", 1.234, "effect")
    found = rounded(Kept(number, (number, number), number, ("is ", number)), RoundingHere(effect=1), "fig1")
    assert [item.text for item in (found.effect, *found.ends, found.n)] == ["1.2", "1.2", "1.2", "1.23"]
    assert (plain(found.said), found.other) == ("is 1.23", None)
    assert found.effect.id == "a.effect@fig1"
