"""The text columns of a forest: which stand left and right of the plot, their heads, and the cells of a row in their order.

In: the words of the study file for the columns of both sides. A word for something of either arm gives two columns; several of
them that stand together are arranged by arm, under the name of the arm.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from reportgen.figures.rows import LEAST_PLOT, Cell, Heading, Slot
from reportgen.records.model import ArmMeans, PooledEffect, TrialEstimate
from reportgen.records.numbers import DASH, Number
from reportgen.records.subsets import SubsetEffect

Sides = tuple[tuple[str, ...], tuple[str, ...]]
"""The words of the columns left and right of the plot."""
EFFECTS: Sides = (("trials", "n"), ("effect",))
TRIALS: Sides = (("n",), ("effect", "weight"))
"""The columns of a forest of effects and of one of trials, unless the study file chooses others."""
NARROW_PLOT = 50.0  # where they are chosen
SPANS = {
    "n": "Participants (n)",
    "mean-sd": "Mean (SD)",
    "events": "Events / participants",
    "timed": "Events / exposure",
}
HEADS = {"n": "n", "mean-sd": "mean (SD)", "events": "events / n", "timed": "events / exposure"}
ARMS = ("control", "intervention")
PEOPLE = Heading((("n, control :",), ("intervention",)))
"""The head of a column of participants in both arms, where two columns would take their room from the plot."""


@dataclass(frozen=True, slots=True)
class Cells:
    """The cells of a row by the words of their columns: those of either arm, and those of the row; a word may be missing."""

    of_arms: Mapping[str, tuple[Cell, Cell]] = field(default_factory=dict)
    of_row: Mapping[str, Cell] = field(default_factory=dict)

    def of(self, words: Sequence[str]) -> tuple[Cell, ...]:
        """Return the cells of some columns, empty ones where there is nothing."""
        return tuple(
            self.of_row.get(word, ()) if side is None else self.of_arms.get(word, ((), ()))[side]
            for run in _runs(words)
            for word, side in _columns(run)
        )


def with_events(columns: Sides, effects: Sequence[PooledEffect | SubsetEffect]) -> Sides:
    """Return the usual columns with events in the place of people, where all effects are on events; chosen ones as they are.

    Where all events were counted in an exposure, this stands in the place of people beside them.
    """
    other: dict[str, str] = {}
    if effects and columns in (EFFECTS, TRIALS) and all(effect.kind != "continuous" for effect in effects):
        other["n"] = "events"
    if effects and all(effect.events is not None and effect.events.exposure_control is not None for effect in effects):
        other |= {"n": "timed"} if "n" in other else {"events": "timed"}
    left, right = (tuple(other.get(word, word) for word in side) for side in columns)
    return left, right


def arm_cells(item: PooledEffect | TrialEstimate | SubsetEffect) -> dict[str, tuple[Cell, Cell]]:
    """Return the cells of people in either arm, and of events among them, in their exposure where there is one."""
    counts = (Slot(item.n_control),), (Slot(item.n_intervention),)
    events = item.events
    if events is None:
        unknown = (Slot(None, DASH, over=item.n_control),), (Slot(None, DASH, over=item.n_intervention),)
        return {"n": counts, "events": unknown, "timed": unknown}
    control, intervention = (
        events.exposure_control or item.n_control,
        events.exposure_intervention or item.n_intervention,
    )
    known = (Slot(events.control, over=control),), (Slot(events.intervention, over=intervention),)
    return {"n": counts, "events": known, "timed": known}


def people_cell(control: Number, intervention: Number) -> Cell:
    """Return participants in both arms as one cell: "1032 : 821"."""
    return Slot(control), Slot(None, before=":"), Slot(intervention)


def heads_of(words: Sequence[str], others: Mapping[str, Heading]) -> tuple[Heading, ...]:
    """Return the heads of some columns; `others` are those of columns that are not of the arms."""
    return tuple(_head(word, side, len(run), others) for run in _runs(words) for word, side in _columns(run))


def least_plot(columns: Sides) -> float:
    """Return how wide the plot is at the least."""
    usual = tuple(tuple("n" if word in ("events", "timed") else word for word in side) for side in columns)
    return LEAST_PLOT if usual in (EFFECTS, TRIALS) else NARROW_PLOT


def mean_cells(means: ArmMeans | None) -> tuple[Cell, Cell]:
    """Return mean and standard deviation in control and intervention; dashes where they are not disclosed."""
    if means is None:
        return (Slot(None, before=DASH),), (Slot(None, before=DASH),)
    control = (Slot(means.control), Slot(means.control_sd, before="(", after=")"))
    return control, (Slot(means.intervention), Slot(means.intervention_sd, before="(", after=")"))


def _runs(words: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Yield columns that stand together: all of the arms, or none."""
    for _, run in groupby(words, key=SPANS.__contains__):
        yield tuple(run)


def _columns(run: tuple[str, ...]) -> list[tuple[str, int | None]]:
    if run[0] not in SPANS:
        return [(word, None) for word in run]
    return [(word, side) for side in (0, 1) for word in run]


def _head(word: str, side: int | None, together: int, others: Mapping[str, Heading]) -> Heading:
    if side is None:
        return others[word]
    if together == 1:
        return Heading(((ARMS[side],),), SPANS[word])
    return Heading(((HEADS[word],),), ARMS[side].capitalize())
