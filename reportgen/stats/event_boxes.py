"""What boxes of people are worth where the outcome is an event, by one generalised least squares step for each box.

In: the model of events without any box (event_splits.py), and sums over the people of boxes by trial. Out: for each box the
interaction of treatment with being inside, its variance, and the effect inside.
Method: that of event_splits.py, the box in the place of a split; the effect inside is that of the same step. What is printed of a box
is fitted anew.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .candidate import ESTIMATE, VARIANCE
from .compiled import kernel, leaf
from .crossproducts import FloatArray
from .event_splits import EventBase, EventObserved, Weighted, enter_trial, solve_split

COUNTS = 6  # columns of the rows before the weights: people, the treated, and by arm those with the event and without


class EventStep(NamedTuple):
    """What the fits of all boxes share, as kernels know it; attributes as of `EventBase` and `EventObserved`."""

    sweep: FloatArray
    own: FloatArray
    own_response: FloatArray
    treated: FloatArray
    treated_response: FloatArray
    inverse: FloatArray
    coefficients: FloatArray
    share: FloatArray
    people: FloatArray

    @classmethod
    def of(cls, seen: EventObserved) -> EventStep:
        """Gather it."""
        node = seen.node
        return cls(
            node.sweep, node.own, seen.own, node.treated, seen.treated, node.inverse, seen.coefficients, node.share, node.people
        )  # fmt: skip


def event_rows(node: EventBase, people: Weighted, response: FloatArray) -> FloatArray:
    """Return what is summed over the people of a box, a row a person of the node.

    1, treatment, people with the event and without in control and in intervention, then for each of these arms the weight, the
    columns with weights, and the response with it.
    """
    t = people.treatment[node.base.rows]
    happened = people.happened[node.base.rows].astype(float)
    weighted = np.column_stack([node.rows[:, 0], node.rows[:, 3:], node.rows[:, 0] * response])
    arms = (1.0 - t)[:, None], t[:, None]
    counts = np.column_stack([np.ones(len(t)), t, *(arm * happened for arm in arms)])
    return np.ascontiguousarray(np.column_stack([counts, *(arm * weighted for arm in arms)]))


def happened_in(sums: FloatArray) -> FloatArray:
    """Return in how many people of groups the event happened, and did not, by arm (c, 4)."""
    return np.asarray(sums[:, :, 2:COUNTS].sum(axis=1))


@leaf
def holds_events(sums, fewest):  # type: ignore[no-untyped-def]
    """Whether `happened_in` of one group, (K, w), is nowhere below `fewest`."""
    for k in range(2, COUNTS):
        happened = 0.0
        for i in range(sums.shape[0]):
            happened += sums[i, k]
        if not happened > fewest - 0.5:
            return False
    return True


def box_interactions(sums: FloatArray, seen: EventObserved, within: bool) -> FloatArray:
    """Return the interaction of treatment with each box, columns as in candidate.py of which estimate and variance are filled."""
    out = _fitted(sums, seen, within)
    values = np.full((len(sums), 7), np.nan)
    values[:, ESTIMATE], values[:, VARIANCE] = out[:, 0], out[:, 1]
    return values


def effects_inside(sums: FloatArray, seen: EventObserved) -> FloatArray:
    """Return the effect of treatment inside each box; of everybody, and where a box is no comparison, that of the null model."""
    return _fitted(sums, seen, within=False)[:, 2]


def _fitted(sums: FloatArray, seen: EventObserved, within: bool) -> FloatArray:
    out = np.empty((len(sums), 3))
    fit_event_boxes(np.ascontiguousarray(sums), within, EventStep.of(seen), out)
    return out


@kernel
def fit_event_boxes(sums, within, step, out):  # type: ignore[no-untyped-def]
    """Fit all boxes: interaction, its variance, effect inside; NaN, and the effect of everybody, where a box is no comparison."""
    size = step.inverse.shape[0]
    width = 1 + size  # weight, columns beside treatment, response
    weighted = np.zeros((2, size))
    columns = np.zeros((2, size))
    left = np.zeros(5)
    response = np.zeros(2)
    solved = np.zeros(4)
    for box in range(sums.shape[0]):
        columns[:] = 0.0
        left[:] = 0.0
        whole = 0.0
        both = 0.0
        for i in range(sums.shape[1]):
            total = sums[box, i]
            for arm in range(2):
                at = COUNTS + arm * width
                for k in range(width - 1):
                    weighted[arm, k] = total[at + k]
                response[arm] = total[at + width - 1]
            part = total[0] / step.people[i] if within else 0.0
            one, two = enter_trial(
                weighted, response, step.share[i], part, step.sweep[i], step.own[i], step.own_response[i], step.treated[i],
                step.treated_response[i], columns, left,
            )  # fmt: skip
            whole += one
            both += two
        solved[:] = np.nan
        solve_split(columns, left, step.inverse, step.coefficients, whole, both, solved)
        out[box, 0] = solved[0]
        out[box, 1] = solved[1] * solved[1]
        effect = step.coefficients[0]
        if not np.isnan(solved[0]):
            effect += solved[0]
            for k in range(size):
                effect -= step.inverse[0, k] * (columns[0, k] * solved[2] + columns[1, k] * solved[0])
        out[box, 2] = effect


def linear_interactions(node: EventBase, seen: EventObserved, moderators: FloatArray) -> FloatArray:
    """Return the interaction of treatment with each moderator, centred within trials, by the same step.

    Parameters
    ----------
    node : EventBase
    seen : EventObserved
    moderators : ndarray (J, n)

    Returns
    -------
    ndarray (J,)
        NaN where it follows from other columns.
    """
    return np.array([_linear_interaction(node, seen, z) for z in moderators])


def _linear_interaction(node: EventBase, seen: EventObserved, z: FloatArray) -> float:
    t, start = node.base.treatment, node.start
    both = z, t * z
    products = [np.add.reduceat(node.rows * column[:, None], start, axis=0) for column in both]  # (K, 3 + p') each
    swept = [np.einsum("kij,kj->ki", node.sweep, item[:, :2]) for item in products]
    columns = np.stack(
        [item[:, 2:].sum(axis=0) - np.einsum("ki,kia->a", v, node.own) for item, v in zip(products, swept, strict=True)]
    )
    weight = node.rows[:, 0]
    square = np.array([[np.sum(weight * one * other) for other in both] for one in both])
    square -= np.array([[np.sum(v * item[:, :2]) for item in products] for v in swept])
    right = np.array([np.sum(weight * column * seen.response) for column in both])
    right -= np.array([np.sum(v * seen.own) for v in swept])
    whole = float(np.sum(weight * z * z)), float(np.sum(weight * t * z * z))
    out = np.full(4, np.nan)
    left = np.array([square[0, 0], square[0, 1], square[1, 1], right[0], right[1]])
    solve_split(columns, left, node.inverse, seen.coefficients, *whole, out)
    return float(out[0])
