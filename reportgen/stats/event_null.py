"""The model of events from which a search starts, without any split or box.

In: participants and the moderators of a search. Out: an `EventNull`: who is in it, the weighted linear model, and working responses.
Method: one generalised linear mixed model (working_model.py) with all moderators linear, levels as indicators and a missing value as
the mean of its trial: without a moderator that predicts the outcome strongly, tests of its cuts would find too much.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reportgen.late import special

from .choices import TreatmentEffect
from .crossproducts import FloatArray, IntArray
from .event_splits import Weighted, happened
from .events import Participants
from .levels import Levels
from .ranks import BoolArray
from .subgroups import Moderator
from .working_model import WorkingModel, working_model

NEARLY = "separates people with the event from the others all but completely, so that no moderator could show anything beside it"
LEAST_WEIGHT = (
    0.2  # of the weights without the moderator; an odds ratio of 100 per standard deviation leaves a third of them
)
LEAST_R2 = 0.02
STEPS, LONGEST = 60, 3.0


@dataclass(frozen=True, slots=True, eq=False)
class EventNull:
    """Events without effect modification.

    Attributes
    ----------
    rows : ndarray (m,) of int
        Who is in the model, as rows of the participants given, sorted by trial.
    trial : ndarray (m,) of int
        Their trials, numbered from 0.
    weighted : Weighted
        The model, for them.
    response, residual : ndarray (n,)
        Of all participants as given: working responses, and by how much they exceed what the model says; 0 for those who are not
        in it. `response - residual + s * residual` is a draw without effect modification, s a sign for each.
    message : str
        Why the model has no estimate; then nobody is in it. Empty where it has one.
    left_out : mapping of str to str
        Moderators that are not in the model, and why: see `nearly_events`.
    """

    rows: IntArray
    trial: IntArray
    weighted: Weighted
    response: FloatArray
    residual: FloatArray
    message: str
    left_out: Mapping[str, str]

    def among(self, people: BoolArray) -> EventNull:
        """Return the same model for some of the participants, as if nobody else had been given.

        Parameters
        ----------
        people : ndarray (n,) of bool
            Whole arms of a trial may be missing.
        """
        place = np.cumsum(people) - 1
        kept = people[self.rows]
        return self._restricted(kept, place[self.rows[kept]], people)

    def within(self, people: BoolArray) -> EventNull:
        """Return the same model for some of the participants, the others being there, but not in it."""
        kept = people[self.rows]
        return self._restricted(kept, self.rows[kept], np.ones(len(people), bool))

    def _restricted(self, kept: BoolArray, rows: IntArray, people: BoolArray) -> EventNull:
        item = self.weighted
        weighted = replace(
            item,
            treatment=item.treatment[kept],
            weight=item.weight[kept],
            columns=item.columns[kept],
            happened=item.happened[kept],
        )
        trial = np.unique(self.trial[kept], return_inverse=True)[1].astype(np.int64)
        return EventNull(
            rows, trial, weighted, self.response[people], self.residual[people], self.message, self.left_out
        )


def event_null(
    people: Participants,
    moderators: Mapping[str, Moderator],
    observed: BoolArray,
    treatment_effect: TreatmentEffect,
    left_out: Mapping[str, str] | None = None,
) -> EventNull:
    """Fit the model to those of some participants who tell something.

    Parameters
    ----------
    people : Participants
    moderators : mapping of str to array_like (n,) or Levels
    observed : ndarray (n,) of bool
        Who takes part, complete in all but moderators.
    treatment_effect : {"random", "common"}
    left_out : mapping of str to str, optional
        What `nearly_events` says of these moderators, where it was asked before.
    """
    left_out = nearly_events(people, moderators, observed) if left_out is None else left_out
    moderators = {name: values for name, values in moderators.items() if name not in left_out}
    table, here = people.table, np.flatnonzero(observed)
    linear = [linear_columns(values, here, table.codes[here]) for values in moderators.values()]
    model = working_model(
        table.outcome[here],
        table.treatment[here],
        table.labels[table.codes[here]],
        link=people.link,
        exposure=people.exposure[here] if people.link == "log" else None,
        adjusters=np.column_stack([table.adjusters[here], *linear]),
        treatment_effect=treatment_effect,
    )
    response, residual = np.zeros(len(observed)), np.zeros(len(observed))
    names = [name for name, columns in zip(moderators, linear, strict=True) for _ in range(columns.shape[1])]
    message = "" if len(model.rows) else _named(model.message, table.adjusters.shape[1], names)
    order = np.argsort(model.trial, kind="stable")
    rows = here[model.rows[order]]
    response[rows], residual[rows] = model.response[order], (model.response - model.eta)[order]
    return EventNull(rows, model.trial[order], _weighted(model, order), response, residual, message, left_out)


def nearly_events(people: Participants, moderators: Mapping[str, Moderator], observed: BoolArray) -> dict[str, str]:
    """Return the moderators that separate people with the event from the others all but completely, with the reason.

    Beside one of them hardly anybody has a weight mu (1 - mu) left with which another moderator, or it itself, could show anything.
    Each is looked at by itself, in a logistic regression with an intercept for each trial. Numbers of events have none.

    Parameters
    ----------
    people : Participants
    moderators : mapping of str to array_like (n,) or Levels
    observed : ndarray (n,) of bool

    Examples
    --------
    >>> from reportgen.stats.events import event_participants
    >>> rng = np.random.default_rng(1)
    >>> severity, age = rng.normal(size=400), rng.normal(size=400)
    >>> died = (severity + 0.1 * rng.normal(size=400) > 0.5).astype(float)
    >>> people = event_participants(died, np.tile([0, 1], 200), np.repeat([0, 1], 200), "logit")
    >>> list(nearly_events(people, {"severity": severity, "age": age}, np.ones(400, bool)))
    ['severity']
    """
    if people.link == "log":
        return {}
    return {name: NEARLY for name, values in moderators.items() if _is_nearly(people, values, observed)}


def _is_nearly(people: Participants, values: Moderator, observed: BoolArray) -> bool:
    known = values.codes >= 0 if isinstance(values, Levels) else ~np.isnan(np.asarray(values, float))
    here = np.flatnonzero(observed & known)
    trial = np.unique(people.table.codes[here], return_inverse=True)[1]
    y, x = people.table.outcome[here], linear_columns(values, here, trial)
    if not len(here) or not x.shape[1]:
        return False
    number = np.maximum(np.bincount(trial), 1)
    risk = (np.bincount(trial, y) / number)[trial]
    x = x - np.column_stack([np.bincount(trial, column) / number for column in x.T])[trial]
    before = float(np.sum(risk * (1.0 - risk)))
    slope = np.linalg.lstsq(x, y - risk, rcond=None)[0]
    if before == 0.0 or np.sum((x @ slope) ** 2) < LEAST_R2 * before:  # no such moderator explains so little
        return False
    return _weight_left(y, x / np.maximum(x.std(axis=0), 1e-300), trial, before) < LEAST_WEIGHT * before


def _weight_left(y: FloatArray, x: FloatArray, trial: IntArray, before: float) -> float:
    """Sum of mu (1 - mu) in the logistic regression; Newton's steps end where hardly any is left, as with separation."""
    design = np.column_stack([(trial[:, None] == np.unique(trial)).astype(float), x])
    b = np.zeros(design.shape[1])
    for _ in range(STEPS):
        mean = special.expit(design @ b)
        weight = mean * (1.0 - mean)
        if weight.sum() < LEAST_WEIGHT * before:
            break
        information = design.T @ (weight[:, None] * design) + 1e-9 * np.eye(len(b))
        step = np.linalg.solve(information, design.T @ (y - mean))
        b = b + step / max(1.0, np.abs(step).max() / LONGEST)
        if np.abs(step).max() < 1e-6:
            break
    return float(weight.sum())


def _weighted(model: WorkingModel, order: IntArray) -> Weighted:
    return Weighted(
        model.treatment[order],
        model.weight[order],
        model.columns[order],
        happened(model.outcome[order], model.link == "logit"),
        model.tau2,
    )


def _named(message: str, adjusters: int, names: list[str]) -> str:
    """A message in which moderators, whose columns stand behind the adjusters of the model, have their names."""

    def name(found: re.Match[str]) -> str:
        place = int(found[1]) - adjusters
        return names[place] if place >= 0 else found[0]

    return re.sub(r"adjuster\[(\d+)\]", name, message)


def linear_columns(values: Moderator, rows: IntArray, trial: NDArray[Any]) -> FloatArray:
    """Return a moderator as columns, levels as indicators, of some people.

    Where it is missing it is the mean of the trial, or of all where nobody there has it.

    Parameters
    ----------
    values : array_like (n,) or Levels
    rows : ndarray (m,) of int
    trial : ndarray (m,)
        Trials of these people.

    Examples
    --------
    >>> linear_columns(np.array([1.0, 3.0, np.nan, 4.0]), np.arange(4), np.array([0, 0, 0, 1])).ravel().tolist()
    [1.0, 3.0, 2.0, 4.0]
    """
    if isinstance(values, Levels):
        codes = values.codes[rows]
        columns = (codes[:, None] == np.unique(codes[codes >= 0])[1:]).astype(float)
        columns[codes < 0] = np.nan
    else:
        columns = np.asarray(values, float)[rows, None]
    known = ~np.isnan(columns)
    filled = np.where(known, columns, 0.0)
    overall = filled.sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    for k in np.unique(trial):
        here = trial == k
        number = known[here].sum(axis=0)
        mean = np.where(number > 0, filled[here].sum(axis=0) / np.maximum(number, 1), overall)
        filled[here] = np.where(known[here], filled[here], mean)
    return filled
