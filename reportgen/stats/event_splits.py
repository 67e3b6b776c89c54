"""All candidate splits of one moderator of events in one node of a search, each by one generalised least squares step.

In: a model of events without any split, written as a weighted linear one (working_model.py), and people of it. Out: for each
candidate side S the coefficient of treatment x S and its standard error.
Method: intercept and random effect of each trial are swept out of the products with weights W; what is left of treatment, adjusters
and moderators is inverted once a node, and S and t x S come in as two further columns. Sums over S grow by one bucket of
people from one cut to the next, as in splits.py. It is the first step of a refit, so that z differs little from that of one at
moderate effects; what is printed is refitted.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .compiled import kernel
from .crossproducts import FloatArray, IntArray
from .splits import Base, Grid, People, make_base

COLLINEAR = 1e-9  # share of a column's sum of squares below which what is left of it counts as rounding


@dataclass(frozen=True, slots=True, eq=False)
class Weighted:
    """Everybody at the root of a search of events, sorted by trial, as the weighted linear model sees them.

    Attributes
    ----------
    treatment, weight : ndarray (n,)
    columns : ndarray (n, p)
        With coefficients common to the trials, beside treatment.
    happened : ndarray (n, 2) of int
        Whether people count as having the event, and as not having it; of counts everybody counts as both who has one.
    tau2 : float
    """

    treatment: FloatArray
    weight: FloatArray
    columns: FloatArray
    happened: IntArray
    tau2: float


@dataclass(frozen=True, slots=True, eq=False)
class EventBase:
    """People of a node of a search of events, without a response.

    Attributes
    ----------
    base : Base
        The same people; it counts them.
    start : ndarray (K,) of int
        First row of each trial.
    rows : ndarray (n, 3 + p')
        1, the random column, treatment and the columns that say something here, each times the weight.
    sweep : ndarray (K, 2, 2)
        Inverse of the products of the first two, the precision of the random effect added.
    own : ndarray (K, 2, 1 + p')
        Products of these two with treatment and the other columns.
    treated : ndarray (K, 1 + p')
        Products of treatment with treatment and the other columns.
    inverse : ndarray (1 + p', 1 + p')
        Of the products of treatment and the other columns, intercepts and random effects swept out.
    share : ndarray (K,)
        Of the people in the intervention arm.
    people : ndarray (K,)
    """

    base: Base
    start: IntArray
    rows: FloatArray
    sweep: FloatArray
    own: FloatArray
    treated: FloatArray
    inverse: FloatArray
    share: FloatArray
    people: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class EventGrid(Grid):
    """Candidate splits of a moderator of events; `Grid` counts people.

    Attributes
    ----------
    node : EventBase
    weighted : ndarray (B, K, 2, 1 + p')
        By bucket, trial and arm: sums of the weights, and of the columns with weights.
    counted : ndarray (B, 2, 2) of int
        By bucket and arm: people with the event, and without.
    """

    node: EventBase
    weighted: FloatArray
    counted: IntArray


@dataclass(frozen=True, slots=True, eq=False)
class EventObserved:
    """A node with its response: by trial, the products of the response with the columns of `EventBase.rows`, and of everybody."""

    node: EventBase
    response: FloatArray
    own: FloatArray
    treated: FloatArray
    coefficients: FloatArray


def event_base(trial: IntArray, rows: IntArray, people: Weighted) -> EventBase | None:
    """Prepare some people at the root, in trials with both arms; None where treatment is not distinct from trials and columns.

    Parameters
    ----------
    trial : ndarray (n,) of int
        Of everybody at the root.
    rows : ndarray of int
        Places of the people there.
    people : Weighted
    """
    nothing = np.empty((len(trial), 0))
    base = make_base(People(people.treatment, trial, nothing, int(trial.max(initial=-1)) + 1), rows)
    if base is None:
        return None
    here = base.rows
    trials = len(base.products.size)
    start = np.searchsorted(base.trial, np.arange(trials)).astype(np.int64)
    size = base.products.size.astype(float)
    t, columns = people.treatment[here], people.columns[here]
    share = np.add.reduceat(t, start) / size
    x = np.column_stack([np.ones(len(here)), t - share[base.trial], t, columns])
    weighted = people.weight[here, None] * x
    ends = [*start[1:].tolist(), len(here)]
    gram = np.stack([weighted[i:j].T @ x[i:j] for i, j in zip(start.tolist(), ends, strict=True)])
    sweep = np.stack([_sweep(item[:2, :2], people.tau2) for item in gram])
    whole = gram.sum(axis=0)[2:, 2:] - np.einsum("kia,kij,kjb->ab", gram[:, :2, 2:], sweep, gram[:, :2, 2:])
    kept = independent(whole, np.einsum("kii->i", gram)[2:])
    if not len(kept) or kept[0] != 0:
        return None
    wanted = np.concatenate([[0, 1], 2 + kept])
    return EventBase(
        base,
        start,
        np.ascontiguousarray(weighted[:, wanted]),
        sweep,
        np.ascontiguousarray(gram[:, :2, 2 + kept]),
        np.ascontiguousarray(gram[:, 2, 2 + kept]),
        np.asarray(np.linalg.inv(whole[np.ix_(kept, kept)])),
        share,
        size,
    )


def _sweep(gram: FloatArray, tau2: float) -> FloatArray:
    """What sweeps the intercept and the random effect of a trial out; without tau2 the intercept alone."""
    if tau2 > 0.0:
        return np.asarray(np.linalg.inv(gram + np.diag([0.0, 1.0 / tau2])))
    return np.diag([1.0 / gram[0, 0], 0.0])


def independent(whole: FloatArray, squares: FloatArray) -> IntArray:
    """Return the places of the columns that do not follow from those before them, by elimination in turn.

    Parameters
    ----------
    whole : ndarray (q, q)
        Products of what is left of the columns with themselves.
    squares : ndarray (q,)
        Their sums of squares before.
    """
    left, kept = whole.copy(), []
    for k in range(len(whole)):
        if left[k, k] > COLLINEAR * squares[k]:
            kept.append(k)
            left -= np.outer(left[:, k], left[k]) / left[k, k]
    return np.array(kept, np.int64)


def make_event_grid(grid: Grid, node: EventBase, people: Weighted) -> EventGrid:
    """Sum weights and columns by bucket, trial and arm."""
    base = node.base
    weighted = np.zeros((*grid.sums.shape[:3], node.rows.shape[1] - 2))
    columns = np.column_stack([node.rows[:, 0], node.rows[:, 3:]])
    _sum_rows(grid.bucket, base.trial, base.treatment, columns, weighted)
    counted = np.zeros((len(grid.sums), 2, 2), np.int64)
    np.add.at(counted, (grid.bucket, base.treatment.astype(np.int64)), people.happened[base.rows])
    return EventGrid(grid.base, grid.bucket, grid.toggles, grid.cuts, grid.sums, grid.present, node, weighted, counted)


def observe_events(node: EventBase, response: FloatArray) -> EventObserved:
    """Bring a response of everybody at the root to a node."""
    y = response[node.base.rows]
    products = np.add.reduceat(node.rows * y[:, None], node.start, axis=0)
    own = np.ascontiguousarray(products[:, :2])
    right = products[:, 2:].sum(axis=0) - np.einsum("kia,kij,kj->a", node.own, node.sweep, own)
    return EventObserved(node, y, own, np.ascontiguousarray(products[:, 2]), node.inverse @ right)


def fit_event_interactions(
    grid: EventGrid, seen: EventObserved, limits: IntArray, fewest: int, within: bool
) -> tuple[FloatArray, FloatArray]:
    """Return the interaction of treatment with each candidate and its standard error, NaN where a side is too small.

    Parameters
    ----------
    grid : EventGrid
    seen : EventObserved
    limits : ndarray (3,) of int
        People, people of each arm, and trials with both arms that each side holds.
    fewest : int
        People of each arm with the event, and without, that it holds.
    within : bool
        Whether S minus its mean in the trial takes the place of S in t x S.
    """
    node = grid.node
    response = np.zeros((*grid.sums.shape[:3], 1))
    rows = np.ascontiguousarray((node.rows[:, 0] * seen.response)[:, None])
    _sum_rows(grid.bucket, node.base.trial, node.base.treatment, rows, response)
    out = np.full((len(grid.toggles), 3), np.nan)
    size = node.inverse.shape[0]
    _event_interactions(
        np.ascontiguousarray(grid.sums[..., 0]), grid.weighted, response[..., 0], grid.counted, grid.toggles, limits, fewest, within,
        node.sweep, node.own, seen.own, node.treated, seen.treated, node.inverse, seen.coefficients, node.share, node.people,
        np.zeros((2, size)), out,
    )  # fmt: skip
    return out[:, 0], out[:, 1]


@kernel
def _sum_rows(bucket, trial, treatment, rows, sums):  # type: ignore[no-untyped-def]
    """Add up rows by bucket, trial and arm."""
    for j in range(bucket.shape[0]):
        cell = sums[bucket[j], trial[j], 1 if treatment[j] == 1.0 else 0]
        for k in range(rows.shape[1]):
            cell[k] += rows[j, k]


@kernel
def _holds(people, happened, limits, fewest):  # type: ignore[no-untyped-def]
    """Whether a side holds enough people, people of each arm, trials with both arms, and people with the event and without."""
    control = 0.0
    intervention = 0.0
    both = 0
    for i in range(people.shape[0]):
        control += people[i, 0]
        intervention += people[i, 1]
        if people[i, 0] > 0.0 and people[i, 1] > 0.0:
            both += 1
    if control + intervention < limits[0] or min(control, intervention) < limits[1] or both < limits[2]:
        return False
    return min(happened[0, 0], happened[0, 1], happened[1, 0], happened[1, 1]) >= fewest


@kernel
def enter_trial(weighted, response, share, part, sweep, own, own_response, treated, treated_response, columns, left):  # type: ignore[no-untyped-def]
    """Add what a trial says of S and t x S: products with the columns (2, q), then in `left` with themselves and the response.

    `part` is what of t is taken from t x S: the mean of S in the trial, or nothing. `left` holds S S, S tS, tS tS, S y and tS y.
    """
    w0 = weighted[0, 0]
    w1 = weighted[1, 0]
    w = w0 + w1
    square = own[0, 0]  # weights of the treated of the trial
    z00 = w
    z01 = w1 - share * w
    z10 = w1 - part * own[0, 0]
    z11 = w1 * (1.0 - share) - part * own[1, 0]
    v00 = sweep[0, 0] * z00 + sweep[0, 1] * z01
    v01 = sweep[1, 0] * z00 + sweep[1, 1] * z01
    v10 = sweep[0, 0] * z10 + sweep[0, 1] * z11
    v11 = sweep[1, 0] * z10 + sweep[1, 1] * z11
    columns[0, 0] += w1 - v00 * own[0, 0] - v01 * own[1, 0]
    columns[1, 0] += w1 - part * treated[0] - v10 * own[0, 0] - v11 * own[1, 0]
    for k in range(1, columns.shape[1]):
        columns[0, k] += weighted[0, k] + weighted[1, k] - v00 * own[0, k] - v01 * own[1, k]
        columns[1, k] += weighted[1, k] - part * treated[k] - v10 * own[0, k] - v11 * own[1, k]
    left[0] += w - v00 * z00 - v01 * z01
    left[1] += w1 - part * w1 - v00 * z10 - v01 * z11
    left[2] += w1 - 2.0 * part * w1 + part * part * square - v10 * z10 - v11 * z11
    left[3] += response[0] + response[1] - v00 * own_response[0] - v01 * own_response[1]
    left[4] += response[1] - part * treated_response - v10 * own_response[0] - v11 * own_response[1]
    return w, w1 - 2.0 * part * w1 + part * part * square


@kernel
def solve_split(columns, left, inverse, coefficients, whole, both, out):  # type: ignore[no-untyped-def]
    """Sweep the columns out of S and t x S, and S out of t x S; `whole` and `both` are their sums of squares before.

    `out` gets the coefficient of t x S with its standard error, and the coefficient of S.
    """
    q = columns.shape[1]
    s00 = left[0]
    s01 = left[1]
    s11 = left[2]
    y0 = left[3]
    y1 = left[4]
    for k in range(q):
        r0 = 0.0
        r1 = 0.0
        for h in range(q):
            r0 += inverse[k, h] * columns[0, h]
            r1 += inverse[k, h] * columns[1, h]
        s00 -= columns[0, k] * r0
        s01 -= columns[1, k] * r0
        s11 -= columns[1, k] * r1
        y0 -= columns[0, k] * coefficients[k]
        y1 -= columns[1, k] * coefficients[k]
    factor = s01 / s00 if s00 > COLLINEAR * whole else 0.0
    information = s11 - factor * s01
    if information > COLLINEAR * both:
        out[0] = (y1 - factor * y0) / information
        out[1] = 1.0 / np.sqrt(information)
        out[2] = y0 / s00 - factor * out[0] if s00 > COLLINEAR * whole else 0.0


@kernel
def _event_interactions(  # type: ignore[no-untyped-def]
    people, weighted, response, counted, toggles, limits, fewest, within, sweep, own, own_response, treated, treated_response,
    inverse, coefficients, share, size, columns, out,
):  # fmt: skip
    """Fit all candidates, a row each."""
    buckets, trials = people.shape[0], people.shape[1]
    entered = np.zeros(buckets, np.bool_)
    low = np.zeros((trials, 2))
    high = people.sum(axis=0)
    low_counts = np.zeros((2, 2), np.int64)
    high_counts = counted.sum(axis=0)
    low_weighted = np.zeros(weighted.shape[1:])
    low_response = np.zeros((trials, 2))
    left = np.zeros(5)
    for g in range(toggles.shape[0]):
        b = toggles[g]
        sign = -1 if entered[b] else 1
        entered[b] = not entered[b]
        for i in range(trials):
            for arm in range(2):
                low[i, arm] += sign * people[b, i, arm]
                high[i, arm] -= sign * people[b, i, arm]
                low_response[i, arm] += sign * response[b, i, arm]
                for k in range(weighted.shape[3]):
                    low_weighted[i, arm, k] += sign * weighted[b, i, arm, k]
        for arm in range(2):
            for k in range(2):
                low_counts[arm, k] += sign * counted[b, arm, k]
                high_counts[arm, k] -= sign * counted[b, arm, k]
        if not (_holds(low, low_counts, limits, fewest) and _holds(high, high_counts, limits, fewest)):
            continue
        columns[:] = 0.0
        left[:] = 0.0
        whole = 0.0
        both = 0.0
        for i in range(trials):
            part = (low[i, 0] + low[i, 1]) / size[i] if within else 0.0
            one, two = enter_trial(
                low_weighted[i], low_response[i], share[i], part, sweep[i], own[i], own_response[i], treated[i],
                treated_response[i], columns, left,
            )  # fmt: skip
            whole += one
            both += two
        solve_split(columns, left, inverse, coefficients, whole, both, out[g])


def happened(outcome: FloatArray, logit: bool) -> NDArray[np.int64]:
    """Return whether people count as having the event, and as not having it (n, 2); of counts who has one counts as both.

    Examples
    --------
    >>> happened(np.array([0.0, 1.0]), True).tolist(), happened(np.array([0.0, 3.0]), False).tolist()
    ([[0, 1], [1, 0]], [[0, 0], [1, 1]])
    """
    event = outcome > 0.0
    return np.column_stack([event, ~event if logit else event]).astype(np.int64)
