"""ICEMAN's item on similarity between trials is answered from the interactions by trial."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reportgen.records.moderation import Interaction
from reportgen.records.modification import of_screen
from reportgen.records.numbers import plain
from reportgen.tables.credibility import Part, credibility
from tests.unit.figures.screens import by_trial, interaction, screen, settings


def item_b(one: Interaction) -> str:
    found = of_screen(screen("pain", [one]), settings())
    table = credibility([Part(("Pain",), found)], "p, Holm", ())
    place = [plain(column.head) for column in table.columns].index("b")
    return plain(table.groups[0].rows[0].cells[place - 1])


def mixed(i2: float, p: float) -> Interaction:
    found = by_trial("pain.age", 0)
    q_p = replace(found.heterogeneity.q_p, value=p)
    other = replace(found, i2=replace(found.i2, value=i2), heterogeneity=replace(found.heterogeneity, q_p=q_p))
    return replace(interaction("pain", "Age"), by_trial=(found, other))


def test_without_interactions_by_trial_similarity_is_unclear() -> None:
    assert item_b(interaction("pain", "Age")) == "?"


@pytest.mark.parametrize(
    ("i2", "p", "answer"), [(0.0, 0.6, "++"), (40.0, 0.2, "+"), (60.0, 0.08, "?"), (80.0, 0.005, "−−")]
)
def test_similarity_goes_by_the_contrast_that_differs_most(i2: float, p: float, answer: str) -> None:
    assert item_b(mixed(i2, p)) == answer


def test_a_contrast_that_is_not_pooled_leaves_similarity_unclear() -> None:
    one = mixed(0.0, 0.6)
    first, second = one.by_trial
    assert item_b(replace(one, by_trial=(first, replace(second, i2=replace(second.i2, value=None))))) == "?"
