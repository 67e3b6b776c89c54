"""Whatever a study brings, no two texts of a forest overlap and none lies outside of its sheet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from reportgen.figures.forest import forest_sheets
from reportgen.figures.forest_by_trial import forest_by_trial_sheets
from reportgen.figures.grid import STACKED_BELOW
from reportgen.figures.interactions import interaction_sheets
from reportgen.figures.sheet import Sheet, Stroke
from reportgen.figures.subgroups import forest_sheets as subgroup_sheets
from reportgen.figures.theme import RULE, drawn_for
from reportgen.houses import COLUMN, HOUSES
from reportgen.records.model import PooledEffect
from tests.unit.figures.boxes import errors
from tests.unit.figures.build import effect, settings
from tests.unit.figures.ratios import ratios
from tests.unit.figures.screens import interaction, screen
from tests.unit.figures.screens import settings as screening
from tests.unit.figures.searches import search
from tests.unit.figures.searches import settings as search_settings
from tests.unit.figures.test_columns import with_means

pytestmark = pytest.mark.sampled(7)

A4 = 250.0  # millimetres that a page has for a figure
LONG = "A name of three hundred letters, which a register gave and which nobody may shorten, " * 4
LONG = LONG[:299] + "."
HEBREW, ARABIC = "ניסוי ירושלים 2019, כאב גב תחתון", "تجربة القاهرة 2020"
WITHOUT = "one trial, and two are needed"
COLUMNS = (("n", "mean-sd"), ("effect", "p", "weight"))
assert len(LONG) == 300


def rows(number: int, **changes: object) -> list[PooledEffect]:
    """Return pooled effects, three follow-ups an outcome."""
    return [
        effect(f"outcome {k // 3}", f"visit {k}", 1.0 + k % 5, 0.5 + k % 3, visit=f"Visit {k}", **changes)  # type: ignore[arg-type]
        for k in range(number)
    ]


def named(one: PooledEffect, *names: str) -> PooledEffect:
    """Return an effect whose trials have other names, in turn."""
    trials = (replace(row, trial=replace(row.trial, text=names[k % len(names)])) for k, row in enumerate(one.by_trial))
    return replace(one, by_trial=tuple(trials))


def by_trial(number: int) -> PooledEffect:
    return effect(by_trial=number, trials=number)


def lacking(one: PooledEffect) -> PooledEffect:
    """Return an effect of which every second trial has none, and no effect of all."""
    none = effect(value=None)
    trials = (
        row if k % 2 else replace(row, estimate=none.estimate, status="not estimable", reason=WITHOUT)
        for k, row in enumerate(one.by_trial)
    )
    return replace(none, by_trial=tuple(trials), reason=WITHOUT)


def huge(one: PooledEffect) -> PooledEffect:
    """Return an effect one of whose trials has an interval of thousands."""
    first, *others = one.by_trial
    wide = effect("wide", "x", 1234.5, 98765.4).estimate
    return replace(one, by_trial=(replace(first, estimate=wide), *others))


FORESTS: dict[str, list[PooledEffect]] = {
    **{f"{number} rows": rows(number) for number in (1, 3, 20, 120)},
    "300 letters": [
        effect("pain", label=LONG),
        effect("pain", "mid", visit=LONG),
        effect("x", "short", None, unit=LONG[:40]),
    ],
    "a huge interval": [*rows(5), effect("outcome 1", "wide", -1234.5, 98765.4)],
    "all negative": [effect("pain", f, -30.0 - k, 2.0) for k, f in enumerate(("short", "mid", "long"))],
    "some not estimable": [effect("pain", f, v, reason=WITHOUT) for f, v in (("a", 1.0), ("b", None), ("c", 2.0))],
    "none estimable": [effect("pain", f, None, reason=LONG) for f in ("short", "mid")],
    "right to left": [effect("pain", label=HEBREW), effect("pain", "mid", visit=ARABIC), effect("x", label=ARABIC * 6)],
    "ratios": [ratios(item) for item in rows(20)],
    "one huge ratio": [ratios(item) for item in [*rows(3), effect("outcome 0", "wide", 20.0, 60.0)]],
}
BY_TRIAL: dict[str, PooledEffect] = {
    **{f"{number} rows": by_trial(number) for number in (1, 3, 20, 120)},
    "300 letters": named(by_trial(4), LONG, "W" * 300, "a b"),
    "a huge interval": huge(by_trial(6)),
    "all negative": effect(value=-40.0, half=2.0, by_trial=6),
    "some not estimable": lacking(by_trial(6)),
    "right to left": named(by_trial(5), HEBREW, ARABIC, ARABIC * 8),
    "ratios": ratios(by_trial(20)),
    "one huge ratio": ratios(huge(by_trial(6)), factor=0.0002),
}


def faults(sheets: tuple[Sheet, ...]) -> list[str]:
    high = [f"{sheet.name} is {sheet.height} mm high" for sheet in sheets if sheet.height > A4]
    return high + [error for sheet in sheets for error in errors(sheet)]


@pytest.mark.parametrize("case", FORESTS)
def test_a_forest_keeps_its_texts_apart(case: str) -> None:
    assert faults(forest_sheets(FORESTS[case], settings(), name="fig1")) == []


@pytest.mark.parametrize("case", [case for case in FORESTS if case != "120 rows"])
def test_a_forest_with_chosen_columns_and_limits_keeps_its_texts_apart(case: str) -> None:
    columns = (("trials",), ("effect", "p", "tau2", "i2", "prediction"))
    limits = (0.5, 3.0) if "ratio" in case else (-3.0, 5.0)
    sheets = forest_sheets(FORESTS[case], settings(), name="fig1", columns=columns, limits=limits, order="p")
    assert faults(sheets) == []


@pytest.mark.parametrize("case", BY_TRIAL)
def test_a_forest_by_trial_keeps_its_texts_apart(case: str) -> None:
    assert faults(forest_by_trial_sheets(BY_TRIAL[case], settings(), name="fig2")) == []


@pytest.mark.parametrize("case", [case for case in BY_TRIAL if case != "120 rows"])
def test_a_forest_by_trial_with_means_and_limits_keeps_its_texts_apart(case: str) -> None:
    one = with_means(BY_TRIAL[case], lacking=2)
    limits = (0.5, 3.0) if "ratio" in case else (-3.0, 5.0)
    sheets = forest_by_trial_sheets(one, settings(), name="fig2", columns=COLUMNS, limits=limits, order="n")
    assert faults(sheets) == []


IN_COLUMN = ((), ("effect",))
CHOSEN_IN_COLUMN = {"forest": ((("trials",), ("effect",)), ((), ("effect", "p"))), "by trial": (((), ("effect", "p")),)}


@pytest.mark.slow
@pytest.mark.parametrize("style", ["plain", "bmc"])
@pytest.mark.parametrize("case", FORESTS)
def test_a_forest_in_a_single_column_keeps_its_texts_apart(case: str, style: str) -> None:
    limits = (0.5, 3.0) if "ratio" in case else (-3.0, 5.0)
    with drawn_for(HOUSES[style].in_width("column")):
        sheets = forest_sheets(FORESTS[case], settings(), name="fig1", columns=IN_COLUMN)
        if case != "120 rows":
            for columns in CHOSEN_IN_COLUMN["forest"]:
                sheets += forest_sheets(FORESTS[case], settings(), name="fig1", columns=columns, limits=limits)
        assert faults(sheets) == []
    assert {sheet.width for sheet in sheets} == {COLUMN}


@pytest.mark.slow
@pytest.mark.parametrize("style", ["plain", "bmc"])
@pytest.mark.parametrize("case", BY_TRIAL)
def test_a_forest_by_trial_in_a_single_column_keeps_its_texts_apart(case: str, style: str) -> None:
    limits = (0.5, 3.0) if "ratio" in case else (-3.0, 5.0)
    with drawn_for(HOUSES[style].in_width("column")):
        sheets = forest_by_trial_sheets(BY_TRIAL[case], settings(), name="fig2", columns=IN_COLUMN)
        if case != "120 rows":
            for columns in CHOSEN_IN_COLUMN["by trial"]:
                sheets += forest_by_trial_sheets(
                    BY_TRIAL[case], settings(), name="fig2", columns=columns, limits=limits
                )
        assert faults(sheets) == []
    assert {sheet.width for sheet in sheets} == {COLUMN}


@pytest.mark.parametrize("columns", [IN_COLUMN, ((), ("effect", "p"))])
def test_long_numbers_leave_a_plot_in_a_single_column(columns: tuple[tuple[str, ...], tuple[str, ...]]) -> None:
    """Costs of thousands: intervals go below their estimates, where the plot would else be a strip."""
    cost = effect("cost", "short", -1234.5, 22765.4, by_trial=5)
    cost = replace(cost, by_trial=tuple(replace(row, estimate=cost.estimate) for row in cost.by_trial))
    with drawn_for(HOUSES["plain"].in_width("column")):
        sheets = forest_by_trial_sheets(cost, settings(), name="fig2", columns=columns)
        assert faults(sheets) == []
    axis = max(
        (mark for mark in sheets[0].marks if isinstance(mark, Stroke) and mark.colour == RULE and mark.y == mark.y_end),
        key=lambda mark: mark.y,
    )
    assert axis.x_end - axis.x >= STACKED_BELOW


def of_moderators(labels: list[str], value: float = 0.4, half: float = 0.6) -> tuple[Sheet, ...]:
    found = [interaction("pain", label, (value + 0.01 * k,), half, 0.2) for k, label in enumerate(labels)]
    return interaction_sheets([screen("pain", found)], screening(), name="fig3")


def of_searches(outcomes: list[str], labels: list[str], **changes: object) -> tuple[Sheet, ...]:
    found = [search(outcome, labels, **changes) for outcome in outcomes]  # type: ignore[arg-type]
    return subgroup_sheets(found, search_settings(), name="fig4")


OTHERS: dict[str, Callable[[], tuple[Sheet, ...]]] = {
    **{f"{n} moderators": lambda n=n: of_moderators([f"Moderator {k}" for k in range(n)]) for n in (1, 3, 20, 120)},  # type: ignore[misc]
    "moderators of 300 letters": lambda: of_moderators([LONG, "W" * 300]),
    "moderators from right to left": lambda: of_moderators([HEBREW, ARABIC]),
    "huge interactions": lambda: of_moderators(["Age", "Sex"], 1234.5, 98765.4),
    "negative interactions": lambda: of_moderators(["Age", "Sex"], -40.0, 1.0),
    "forty searches": lambda: of_searches([f"outcome {k}" for k in range(40)], ["Age"]),
    "subgroups of 300 letters": lambda: of_searches([LONG], [LONG, "Age"]),
    "subgroups from right to left": lambda: of_searches([HEBREW], [ARABIC, HEBREW]),
    "negative subgroups": lambda: of_searches(["pain"], ["Age"], value=-30.0),
}


@pytest.mark.parametrize("case", OTHERS)
def test_interactions_and_subgroups_keep_their_texts_apart(case: str) -> None:
    assert faults(OTHERS[case]()) == []
