"""The interaction with one candidate set S where trials have slopes of their own, of the adjusters and of S.

In: people of a node, and for each trial and arm of S the number of people and the sums of columns with F swept out. Out: as of
candidate.py. Which trials have slopes of their own is decided once a node: those with enough people for each slope, that of the
rule counted; the others share one slope a column.
Method: with Q an orthonormal basis of the adjusters of a trial, centred, M = I - 1 1'/n - QQ' and S a column of zeros and
ones, S'MS = n_S - n_S^2/n - |Q'S|^2 and so on: sums over the people of S. S is then swept out of each such trial and cut.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .candidate import METHODS
from .compiled import kernel
from .crossproducts import CrossProducts, FloatArray, IntArray
from .design import COLLINEAR, Options, blocks
from .profile import GRID, evaluate, minimise, packed, record, uncertainty, work_arrays


@dataclass(frozen=True, slots=True)
class OwnSlopes:
    """People of a node with F swept out, without the outcome.

    Attributes
    ----------
    options : Options
        Of the model without the rule; `own_from` says which trials have slopes of their own.
    own : ndarray (K,) of bool
    columns : ndarray (n, a + 1)
        Where a trial has slopes of its own the orthonormal basis of its adjusters (zeros where that has fewer columns), else
        its adjusters, centred; last treatment, swept.
    places : ndarray of int
        Adjusters of trials that share their slopes which stay in the model, or none where no trial does.
    """

    options: Options
    own: NDArray[np.bool_]
    columns: FloatArray
    places: IntArray

    @property
    def sharing(self) -> bool:
        """Whether some trials share their slopes."""
        return not bool(self.own.all())


class OwnNode(NamedTuple):
    """What all candidate sets of one node share; local columns are treatment, a adjusters, S, treatment x S, outcome.

    `base` (K, a + 4, a + 4) holds what does not depend on S; `kept` the local columns that stand in (X, y).
    """

    size: FloatArray
    own: NDArray[np.bool_]
    base: FloatArray
    kept: IntArray
    contrasts: float  # n - K - ranks of the adjusters of trials with slopes of their own
    random: bool
    method: int
    grid: FloatArray


def make_own_slopes(
    products: CrossProducts, treatment: FloatArray, trial: IntArray, x: FloatArray, options: Options
) -> OwnSlopes:
    """Sweep the columns of a node; `x` (n, a) centred within trials."""
    model = blocks(products, options)
    options = options.with_own_from(model.own_from)
    own = ~model.sharing if products.adjusters else products.size >= model.own_from
    a = x.shape[1]
    columns = np.zeros((len(trial), a + 1))
    places = np.array([k for k in range(a) if f"adjuster[{k}]" in model.x_names and not own.all()], np.int64)
    for k in range(len(products.size)):
        here = np.flatnonzero(trial == k)
        t = treatment[here] - treatment[here].mean()
        if own[k]:
            basis = np.linalg.qr(x[np.ix_(here, model.own[k, 2 : 2 + a].nonzero()[0])])[0]
            t = t - basis @ (basis.T @ t)
            columns[here, : basis.shape[1]] = basis
        else:
            columns[here, : len(places)] = x[np.ix_(here, places)]
        columns[here, a] = t
    return OwnSlopes(options, own, columns, places)


def sweep_outcome(slopes: OwnSlopes, trial: IntArray, y: FloatArray) -> FloatArray:
    """The outcome, centred within trials, with the adjusters of trials with slopes of their own swept out."""
    out, basis = y.copy(), slopes.columns[:, :-1]
    for k in np.flatnonzero(slopes.own):
        here = trial == k
        out[here] -= basis[here] @ (basis[here].T @ out[here])
    return out


def make_own_node(products: CrossProducts, slopes: OwnSlopes) -> OwnNode | None:
    """Prepare a node with its outcome; None where no interaction can be estimated."""
    model = blocks(products, slopes.options)
    if "treatment" not in model.x_names:
        return None
    a, trials = products.adjusters, len(products.size)
    m = a + 4
    local = np.array([0, *range(1, 1 + len(slopes.places)), m - 1], np.int64)
    base = np.zeros((trials, m, m))
    base[:, local[:, None], local] = model.rr
    rule = [a + 1, a + 2] if slopes.sharing else [a + 2]
    contrasts = float(products.size.sum() - model.swept.sum())
    if contrasts - len(rule) - len(local) + 1 - int(slopes.own.sum()) <= 0:
        return None
    random, options = model.q > 0, slopes.options
    return OwnNode(
        products.size.astype(float),
        slopes.own,
        base,
        np.array([*local[:-1], *rule, m - 1], np.int64),
        contrasts,
        random,
        METHODS[options.inference] if random or options.inference == "normal" else METHODS["satterthwaite"],
        GRID,
    )


@kernel
def _fill(i, low, within, node, m, c):  # type: ignore[no-untyped-def]
    """Cross-products of trial i over the local columns, S swept out where the trial has a slope of its own; 1 if it was."""
    a = m - 4
    s = a + 1
    ts = a + 2
    y = a + 3
    n = node.size[i]
    n1 = low[1, 0]
    n_s = low[0, 0] + n1
    for k in range(m):
        for h in range(m):
            c[k, h] = node.base[i, k, h]
    c[0, s] = low[0, a + 1] + low[1, a + 1]
    c[0, ts] = low[1, a + 1]
    c[s, s] = n_s - n_s * n_s / n
    c[s, ts] = n1 - n_s * n1 / n
    c[ts, ts] = n1 - n1 * n1 / n
    c[y, s] = low[0, a + 2] + low[1, a + 2]
    c[y, ts] = low[1, a + 2]
    for k in range(a):
        q1 = low[1, 1 + k]
        q_s = low[0, 1 + k] + q1
        if node.own[i]:
            c[s, s] -= q_s * q_s
            c[s, ts] -= q_s * q1
            c[ts, ts] -= q1 * q1
        else:
            c[1 + k, s] = q_s
            c[1 + k, ts] = q1
    whole_s = n_s - n_s * n_s / n
    whole_ts = n1 - n1 * n1 / n
    if within:
        # t (S - f) = tS - f t, f the share of S: all products follow from those of tS and of t
        f = n_s / n
        c[ts, ts] += f * (f * c[0, 0] - 2.0 * c[0, ts])
        c[s, ts] -= f * c[0, s]
        c[0, ts] -= f * c[0, 0]
        c[y, ts] -= f * c[y, 0]
        for k in range(a):
            c[1 + k, ts] -= f * c[1 + k, 0]
    rank = 0
    if node.own[i]:
        if c[s, s] > COLLINEAR * whole_s and whole_s > 0.0:
            rank = 1
            pivot = c[s, s]
            t_s = c[0, s]
            ts_s = c[s, ts]
            y_s = c[y, s]
            c[0, 0] -= t_s * t_s / pivot
            c[0, ts] -= t_s * ts_s / pivot
            c[ts, ts] -= ts_s * ts_s / pivot
            c[y, 0] -= y_s * t_s / pivot
            c[y, ts] -= y_s * ts_s / pivot
            c[y, y] -= y_s * y_s / pivot
        if not c[ts, ts] > COLLINEAR * whole_ts:
            # what rounding leaves of a column that F explains in full must not look like information
            c[ts, ts] = 0.0
            c[0, ts] = 0.0
            c[y, ts] = 0.0
        c[0, s] = 0.0
        c[s, s] = 0.0
        c[s, ts] = 0.0
        c[y, s] = 0.0
    c[0, y] = c[y, 0]
    for k in range(a):
        c[0, 1 + k] = c[1 + k, 0]
    return rank


@kernel
def _value(c, k, h):  # type: ignore[no-untyped-def]
    """Local cross-products are filled above or below the diagonal, whichever came first; the outcome's below."""
    m = c.shape[0]
    if k == m - 1 or h == m - 1:
        return c[m - 1, h] if k == m - 1 else c[m - 1, k]
    return c[min(k, h), max(k, h)]


@kernel
def fit_own(low, within, warm, node, local, a0, rows, g, u, work, out, values):  # type: ignore[no-untyped-def]
    """Fit the interaction with one set S; return lambda. `values` as of `candidate.fit_set`."""
    kept = node.kept
    m = kept.shape[0]
    p = m - 1
    trials = low.shape[0]
    for k in range(a0.shape[0]):
        a0[k] = 0.0
    ranks = 0
    for i in range(trials):
        ranks += _fill(i, low[i], within, node, node.base.shape[1], local)
        at = 0
        for k in range(m):
            rows[k] = _value(local, kept[0], kept[k])
        for k in range(m):
            for h in range(k + 1):
                a0[at] += _value(local, kept[k], kept[h])
                if node.random:
                    g[i, at] = rows[k] * rows[h]
                at += 1
        if node.random:
            u[i] = local[0, 0]
    contrasts = node.contrasts - ranks
    nu = contrasts - p
    values[6] = -1.0
    if nu <= 1.0:
        return 0.0
    lam = 0.0
    evaluations = 1
    if node.random:
        lam, evaluations, _, _, state = minimise(a0, g, u, u, nu, True, p, warm, node.grid, work, out)
    else:
        state = 1 if evaluate(0.0, a0, g, u, u, nu, True, p, work, out) else -1
    values[5] = evaluations
    values[6] = state
    if state >= 0:
        sigma2 = out[3] / nu
        variance, df = uncertainty(lam, p - 1, u, nu, contrasts, p, node.method, work, out)
        values[0] = -work[4][p - 1]
        values[1] = variance
        values[2] = df
        values[3] = lam * sigma2
        values[4] = sigma2
        if df == -1.0:
            values[6] = -1.0
    return lam


class OwnSpace(NamedTuple):
    """Scratch space of `fit_own`, in its order."""

    local: FloatArray
    a0: FloatArray
    rows: FloatArray
    g: FloatArray
    u: FloatArray
    work: tuple[FloatArray, ...]
    record: FloatArray


def make_own_space(node: OwnNode) -> OwnSpace:
    """Scratch space for the candidates of a node."""
    m, trials = len(node.kept), len(node.size) if node.random else 0
    size = packed(m)
    return OwnSpace(
        np.zeros(node.base.shape[1:]),
        np.zeros(size),
        np.zeros(m),
        np.zeros((trials, size)),
        np.zeros(trials),
        work_arrays(m - 1),
        record(),
    )
