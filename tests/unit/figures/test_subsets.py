"""The forest of subgroups fixed in advance: nothing overlaps, each p stands in the row of its covariate, and words say the rest."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reportgen.figures.subsets import subset_sheets
from reportgen.figures.theme import drawn_for
from reportgen.houses import HOUSES
from reportgen.records.effect_scale import MEAN_DIFFERENCE
from reportgen.records.numbers import Number, plain
from reportgen.records.subsets import SubsetEffect, SubsetGroup, SubsetOutcome, SubsetSettings
from tests.unit.figures.boxes import errors
from tests.unit.figures.build import builder, estimate
from tests.unit.figures.ratios import ratios

OVERLAP = "the subgroups overlap"


def settings(*, screening: bool = True) -> SubsetSettings:
    made = builder("side.settings")
    screen = made.quote("screening", "screen") if screening else None
    return SubsetSettings(
        (made.quote("subset 1", "women"),), None, screen, Number("side.settings.level", 95, "95", "%")
    )


def subset(prefix: str, variable: str, limits: str, value: float | None = 1.2, *, alone: bool = False) -> SubsetEffect:
    made = builder(f"{prefix}.{variable}.{limits or 'all'}")
    return SubsetEffect(
        analysis=limits or "pooled",
        conditions=(made.quote("condition", f"{variable} {limits}"),) if limits else (),
        limits=(made.quote("limits", limits),) if limits else (),
        trials=made.count("trials", 1 if alone else 7),
        n=made.count("n", 1202),
        n_control=made.count("n control", 600),
        n_intervention=made.count("n intervention", 602),
        estimate=estimate(made, value, 0.8),
        events=None,
        kind="continuous",
        alone=alone,
        status="ok" if value is not None else "not estimable",
        reason="" if value is not None else "one trial, and two are needed",
    )


def group(prefix: str, variable: str, *levels: str, reason: str = "", missing: str = "") -> SubsetGroup:
    made = builder(f"{prefix}.by {variable}")
    shown = not reason
    return SubsetGroup(
        id=f"{prefix}.by-{variable}",
        variables=(made.quote("variable", variable),),
        effects=tuple(subset(prefix, variable, level, None if level == missing else 1.2) for level in levels),
        q=made.fixed("q", 3.1 if shown else None, "q"),
        df=made.fixed("q df", 1.0 if shown else None, "df"),
        p=made.p("q p", 0.041 if shown else None),
        reason=reason,
        of_trials=False,
        interaction=made.p("interaction", 0.3) if variable == "sex" else None,
    )


def outcome(name: str, *groups: SubsetGroup, everybody: SubsetEffect | None = None) -> SubsetOutcome:
    made = builder(name)
    return SubsetOutcome(
        id=name,
        outcome=name,
        outcome_label=made.quote("outcome", name.title()),
        unit=made.quote("unit", "points"),
        scale=MEAN_DIFFERENCE,
        follow_up="short",
        follow_up_label=made.quote("follow-up", "short term"),
        comparison="overall",
        everybody=everybody,
        groups=groups,
    )


def usual(name: str = "pain") -> SubsetOutcome:
    by_sex, by_age = (
        group(name, "sex", "female", "male"),
        group(name, "age", "below 65 years", "up to 70 years", reason=OVERLAP),
    )
    return outcome(name, by_sex, by_age, everybody=subset(name, "", ""))


LONG = "A covariate with a label of ninety characters, which nobody can shorten, at rest and in use"
CASES = {
    "usual": [usual()],
    "two outcomes": [usual(), usual("function")],
    "mixed measures": [usual(), ratios(usual("function"))],
    "ratios": [ratios(usual())],
    "something missing": [
        outcome("pain", group("pain", "sex", "female", "male", missing="male", reason="not every one"))
    ],
    "nothing": [outcome("pain", group("pain", "sex", "female", missing="female", reason="one"))],
    "one trial": [
        outcome("pain", replace(group("pain", "sex"), effects=(subset("pain", "sex", "female", alone=True),)))
    ],
    "many": [outcome("pain", *(group("pain", f"covariate {k}", "low", "middle", "high") for k in range(30)))],
    "long labels": [outcome("pain", group("pain", LONG, LONG, "W" * 70))],
}


@pytest.mark.parametrize("style", ["plain", "bmc", "lancet", "nature"])
@pytest.mark.parametrize("screening", [True, False])
@pytest.mark.parametrize("case", CASES)
def test_nothing_is_clipped_and_nothing_overlaps(case: str, screening: bool, style: str) -> None:
    with drawn_for(HOUSES[style]):
        for sheet in subset_sheets(CASES[case], settings(screening=screening), name="fig2"):
            assert errors(sheet) == []
            assert sheet.height < 250


def test_either_p_stands_once_and_in_the_row_of_its_covariate() -> None:
    one = usual()
    (sheet,) = subset_sheets([one], settings(), name="fig2")
    heights = {number.id: words.pieces[0].y for words in sheet.words() for number in words.numbers}
    printed = [number.id for number in sheet.printed()]
    by_sex = one.groups[0]
    assert by_sex.interaction is not None
    for p in (by_sex.p, by_sex.interaction):
        assert printed.count(p.id) == 1
        assert heights[p.id] == heights[by_sex.variables[0].id]
    assert all(heights[item.estimate.effect.id] > heights[by_sex.p.id] for item in by_sex.effects)


def test_alternative_text_and_note_say_what_is_drawn_and_what_is_not_compared() -> None:
    (sheet,) = subset_sheets([usual()], settings(), name="fig2")
    alt = plain(sheet.alt).replace("\u00a0", " ")
    assert "5 effects" in alt and "p between subgroups = 0.041, p of the interaction within trials = 0.30" in alt
    assert "age, below 65 years 1.2 (0.4 to 2.0)" in alt
    text = " ".join(piece.text for words in sheet.words() for piece in words.pieces)
    assert f"age: no p between subgroups, since {OVERLAP}." in text
    assert "It is the test of effect modification to rely on." in text
    (without,) = subset_sheets([usual()], settings(screening=False), name="fig2")
    assert "p within" not in " ".join(piece.text for words in without.words() for piece in words.pieces)
