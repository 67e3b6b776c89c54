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

from .choices import TreatmentEffect
from .crossproducts import FloatArray, IntArray
from .event_splits import Weighted, happened
from .events import Participants
from .levels import Levels
from .ranks import BoolArray
from .subgroups import Moderator
from .working_model import WorkingModel, working_model


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
    """

    rows: IntArray
    trial: IntArray
    weighted: Weighted
    response: FloatArray
    residual: FloatArray
    message: str

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
        return EventNull(rows, trial, weighted, self.response[people], self.residual[people], self.message)


def event_null(
    people: Participants,
    moderators: Mapping[str, Moderator],
    observed: BoolArray,
    treatment_effect: TreatmentEffect,
) -> EventNull:
    """Fit the model to those of some participants who tell something.

    Parameters
    ----------
    people : Participants
    moderators : mapping of str to array_like (n,) or Levels
    observed : ndarray (n,) of bool
        Who takes part, complete in all but moderators.
    treatment_effect : {"random", "common"}
    """
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
    return EventNull(rows, model.trial[order], _weighted(model, order), response, residual, message)


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
