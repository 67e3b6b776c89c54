"""Columns and order of a forest: what the study file asks for stands there, with its ids, and nothing overlaps."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reportgen.figures.columns import EFFECTS, TRIALS, Cells, heads_of
from reportgen.figures.forest import forest_sheets
from reportgen.figures.forest_by_trial import forest_by_trial_sheets
from reportgen.figures.interaction_by_trial import interaction_by_trial_sheets
from reportgen.figures.interactions import interaction_sheets
from reportgen.figures.order import trials_in_order
from reportgen.figures.rows import Heading, Slot
from reportgen.figures.sheet import Sheet
from reportgen.records.model import ArmMeans, PooledEffect, TrialEstimate
from reportgen.records.numbers import plain
from reportgen.spec.forests import EffectColumns, TrialColumns
from tests.unit.figures.boxes import errors, text_boxes
from tests.unit.figures.build import builder, effect, settings
from tests.unit.figures.screens import by_trial, interaction, screen
from tests.unit.figures.screens import settings as screening


def with_means(one: PooledEffect, lacking: int = -1) -> PooledEffect:
    rows = (row if k == lacking else replace(row, means=means(k)) for k, row in enumerate(one.by_trial))
    return replace(one, by_trial=tuple(rows))


def means(place: int) -> ArmMeans:
    at = builder("pooled").at("means", str(place))
    numbers = (at.fixed(name, 10.0 * k - 7.3 * place, "effect") for k, name in enumerate("abcd", 1))
    return ArmMeans("improvement", *numbers)


def texts(sheet: Sheet) -> list[str]:
    return [text for text, _ in text_boxes(sheet)]


def numbers(sheet: Sheet) -> set[str]:
    return {number.id for words in sheet.words() for number in words.numbers}


def trial_labels(sheet: Sheet) -> list[str]:
    return [text for text in texts(sheet) if text.startswith(("Trial ", "Witt")) and text != "Trial"]


def test_the_usual_columns_of_language_and_figures_are_the_same() -> None:
    assert TrialColumns().sides == TRIALS
    assert EffectColumns().sides == EFFECTS


def test_columns_of_arms_that_stand_together_are_arranged_by_arm() -> None:
    others = {"p": Heading((("p",),))}

    def heads(*words: str) -> list[tuple[str, str]]:
        return [(plain(head.lines[0]), head.span) for head in heads_of(words, others)]

    assert heads("n", "p") == [("control", "Participants (n)"), ("intervention", "Participants (n)"), ("p", "")]
    assert heads("n", "mean-sd") == [
        ("n", "Control"), ("mean (SD)", "Control"), ("n", "Intervention"), ("mean (SD)", "Intervention")
    ]  # fmt: skip
    cells = Cells({"n": ((Slot(None, "1"),), (Slot(None, "2"),))}, {"p": (Slot(None, "3"),)})
    assert [cell[0].before if cell else "" for cell in cells.of(("p", "mean-sd", "n"))] == ["3", "", "1", "", "2"]


@pytest.mark.parametrize(
    "columns",
    [
        (("n", "mean-sd"), ("effect", "weight")),
        (("n", "mean-sd"), ("effect", "p", "weight")),
        (("mean-sd",), ("effect",)),
        ((), ("n", "effect")),
        (("effect",), ("weight",)),
    ],
)
@pytest.mark.parametrize("trials", [1, 8])
def test_columns_of_a_forest_by_trial_overlap_nothing(columns: tuple[tuple[str, ...], ...], trials: int) -> None:
    TrialColumns(left=columns[0], right=columns[1])
    one = with_means(effect(by_trial=trials, trials=trials), lacking=3)
    (sheet,) = forest_by_trial_sheets(one, settings(), name="a", columns=columns)
    assert errors(sheet) == []


def test_means_stand_in_the_row_of_their_trial_with_their_ids() -> None:
    one = with_means(effect(by_trial=4), lacking=2)
    (sheet,) = forest_by_trial_sheets(one, settings(), name="a", columns=(("n", "mean-sd"), ("effect",)))
    told = [row.means for row in one.by_trial if row.means]
    ids = {number.id for item in told for number in (item.control, item.control_sd, item.intervention)}
    assert ids <= numbers(sheet)
    note = " ".join(texts(sheet))
    assert "Mean (SD): improvement, not adjusted." in note
    assert "–: no mean is given of participants" in note
    assert not ids & numbers(forest_by_trial_sheets(one, settings(), name="a")[0])


@pytest.mark.parametrize(
    "columns",
    [
        (("trials",), ("effect", "p", "tau2", "i2", "prediction")),
        (("trials", "n"), ("effect", "p")),
        (("n",), ("tau2", "effect")),
        ((), ("effect",)),
    ],
)
@pytest.mark.parametrize("scale", ["natural", "0-100"])
def test_columns_of_a_forest_overlap_nothing(columns: tuple[tuple[str, ...], ...], scale: str) -> None:
    EffectColumns(left=columns[0], right=columns[1])
    effects = [
        effect("pain", "short", 3.0, 1.0),
        effect("pain", "mid", None, reason="one trial, and two are needed"),
        effect("a long name of an outcome, which goes on and on", "short", 3.0, 1.0, predicted=None),
    ]
    (sheet,) = forest_sheets(effects, settings(), name="a", columns=columns, scale=scale)  # type: ignore[arg-type]
    assert errors(sheet) == []


@pytest.mark.parametrize(
    ("left", "right", "words"),
    [
        (["n", "effect"], ["effect"], "listed twice"),
        (["n"], ["weight"], "have no column"),
        (["n", "effect"], [], "no column stands right"),
        (["n"], ["tau2"], "Input should be"),
    ],
)
def test_columns_that_cannot_be_are_refused(left: list[str], right: list[str], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        TrialColumns.model_validate({"left": left, "right": right})


def key(row: TrialEstimate, order: str) -> float | str:
    values = {"effect": row.estimate.effect.value, "weight": row.weight.value, "n": row.n_control.value}
    return row.trial.text if order == "name" else -(values[order] or 0)


@pytest.mark.parametrize("order", ["effect", "weight", "n", "name"])
def test_trials_stand_in_order_and_those_without_come_last(order: str) -> None:
    one = effect(by_trial=6)
    lost = replace(one.by_trial[0], estimate=effect("x", value=None).estimate, status="suppressed")
    hidden = replace(lost, **{name: replace(lost.n_control, value=None) for name in ("n_control", "weight")})
    rows = trials_in_order((hidden, *one.by_trial[1:]), order)  # type: ignore[arg-type]
    if order != "name":
        assert rows[-1] is hidden
    known = [key(row, order) for row in rows if row is not hidden or order == "name"]
    assert known == sorted(known)  # type: ignore[type-var]


def test_a_forest_by_trial_has_its_trials_in_order() -> None:
    one = effect(by_trial=6)
    (sheet,) = forest_by_trial_sheets(one, settings(), name="a", order="weight")
    assert trial_labels(sheet) == [row.trial.text for row in reversed(one.by_trial)]


def test_rows_stay_below_their_outcome_and_outcomes_follow_their_first_row() -> None:
    effects = [
        effect("pain", "short", 1.0),
        effect("pain", "mid", 2.0),
        effect("mood", "short", None),
        effect("mood", "mid", 5.0),
        effect("sleep", "short", unit="mm"),
    ]
    (sheet,) = forest_sheets(effects, settings(), name="a", order="effect")
    wanted = ("Pain (points)", "Mood (points)", "Sleep (mm)", "Short term", "Mid term")
    assert [text for text in texts(sheet) if text in wanted] == [
        "Mood (points)", "Mid term", "Short term", "Pain (points)", "Mid term", "Short term", "Sleep (mm)", "Short term"
    ]  # fmt: skip


@pytest.mark.parametrize(("order", "first"), [("study", "Age"), ("effect", "Weight"), ("p", "Height")])
def test_moderators_stand_in_order(order: str, first: str) -> None:
    rows = [
        interaction("pain", "Age", (-1.0,), 0.5, 0.3),
        interaction("pain", "Weight", (2.3,), 0.5, 0.12),
        interaction("pain", "Height", (0.1,), 0.5, 0.001),
    ]
    (sheet,) = interaction_sheets([screen("pain", rows)], screening(), name="a", order=order)  # type: ignore[arg-type]
    labels = [text for text in texts(sheet) if text.startswith(("Age", "Weight", "Height"))]
    assert labels[0].startswith(first)


def test_trials_of_an_interaction_stand_in_order() -> None:
    one = replace(interaction("pain"), by_trial=(by_trial("pain", 0),))
    args = screen("pain", [one]), (), screening()
    plain_, sorted_ = (interaction_by_trial_sheets(*args, name="a", order=order) for order in ("study", "effect"))  # type: ignore[arg-type]
    found = [{*texts(sheet)} for sheet in (plain_[0], sorted_[0])]
    assert found[0] == found[1]
    wanted = [row.trial.text for row in trials_in_order(one.by_trial[0].trials, "effect")]
    assert [text for text in texts(sorted_[0]) if text in wanted] == wanted
