"""The interaction of treatment with one candidate set S of participants, from the sums of S alone.

In: a node (the people among whom S is looked at, as cross-products by trial) and for each trial and arm of S the number
of people and the sums of the adjusters and the outcome. Out: estimate, squared standard error and df of the interaction
in  y = phi_i + x b + d S + t (theta + u_i) + delta t S + e,  fitted in the whole node.
Method: S is a column of zeros and ones, so that its products with every other column are such sums; they complete the
cross-products of the node, and the kernels of a single model (profile.py) do the rest. What the candidates of a node
share is made once, by `make_node`. Cuts of a covariate (scan.py), sets of its levels (partition.py) and boxes (peel.py)
are all such sets.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .compiled import leaf
from .crossproducts import CrossProducts, FloatArray, IntArray
from .design import Options, blocks
from .few_trials import UNDECIDED, FewTrials, few_trials, find_lambda
from .one_step import NEARLY_EXACT
from .optimise import line_arrays
from .profile import GRID, evaluate, minimise, packed, record, uncertainty, work_arrays

METHODS = {"normal": 0, "satterthwaite": 1, "kenward-roger": 2}

# Columns of what `fit_set` reports.
ESTIMATE, VARIANCE, DF, TAU2, SIGMA2, EVALUATIONS, STATE = range(7)
# States; the kernel itself never says INADMISSIBLE, which is for those who run through candidates.
DONE, NOT_CONVERGED, SINGULAR, INADMISSIBLE = 1.0, 0.0, -1.0, 2.0


class Node(NamedTuple):
    """What all candidate sets of one node share. A named tuple, since numba knows no dataclasses.

    X holds treatment, the a adjusters, S and treatment x S: p = a + 3 columns.

    Attributes
    ----------
    size, treated : ndarray (K,) of float
        Participants of each trial, and those in the intervention arm.
    fixed : ndarray
        Packed A_0 over (X, y), zero where S has a part.
    rows : ndarray (K, p + 1)
        Cross-products of treatment with (X, y), zero where S has a part.
    g : ndarray (K, len(fixed))
        Packed rows row row'.
    u, v : ndarray (K,)
        t't, centred, and what stands in log|V|; empty without a random effect.
    nu, contrasts : float
        n - K - p (ML: n), and n - K.
    random, reml : bool
    method : int
        As in `METHODS`.
    grid : ndarray
        Where the criterion is looked at first.
    """

    size: FloatArray
    treated: FloatArray
    fixed: FloatArray
    rows: FloatArray
    g: FloatArray
    u: FloatArray
    v: FloatArray
    nu: float
    contrasts: float
    random: bool
    reml: bool
    method: int
    grid: FloatArray


class Space(NamedTuple):
    """Scratch space for one candidate after another of a node."""

    own: FloatArray  # (K, 2 (p + 1)): rows S and treatment x S of the cross-products, over (X, y)
    pooled: FloatArray
    rows: FloatArray
    g: FloatArray
    a0: FloatArray
    work: tuple[Any, ...]
    record: FloatArray
    few: FewTrials


def make_node(products: CrossProducts, options: Options) -> tuple[Node, IntArray] | None:
    """Prepare a node.

    Parameters
    ----------
    products : CrossProducts
        Of treatment, adjusters and outcome, over the people of the node, all trials with both arms.
    options : Options
        With stratified intercepts and one residual variance.

    Returns
    -------
    tuple of Node and ndarray of int, or None
        With the places of the adjusters that stay in the model; None where no interaction can be estimated.
    """
    model = blocks(products, options)
    if "treatment" not in model.x_names:
        return None
    kept = np.array([k for k in range(products.adjusters) if f"adjuster[{k}]" in model.x_names], np.int64)
    a, random, reml = len(kept), model.q > 0, options.estimation == "reml"
    p = a + 3
    contrasts = float(products.size.sum() - len(products.size))
    if contrasts - p <= 0:
        return None
    shared = [*range(a + 1), p]  # treatment, adjusters, outcome among (X, y) with S
    whole = np.zeros((p + 1, p + 1))
    whole[np.ix_(shared, shared)] = model.rr.sum(axis=0)
    lower = np.tril_indices(p + 1)
    fixed = np.zeros(packed(p + 1))
    fixed[: len(lower[0])] = whole[lower]
    rows = np.zeros((len(products.size), p + 1))
    rows[:, shared] = model.rr[:, 0, :]
    g = np.zeros((len(products.size), len(fixed)))
    g[:, : len(lower[0])] = (rows[:, :, None] * rows[:, None, :])[:, lower[0], lower[1]]
    _, _, u, v = line_arrays(model, reml)
    return (
        Node(
            products.size.astype(float),
            products.arms[:, 1].astype(float),
            fixed,
            rows,
            g,
            u,
            v,
            contrasts - p if reml else float(products.size.sum()),
            contrasts,
            random,
            reml,
            # Without a random effect the df are those of the residual, which Satterthwaite's kernel gives at lambda = 0.
            METHODS[options.inference] if random or options.inference == "normal" else METHODS["satterthwaite"],
            GRID,
        ),
        kept,
    )


def unsound(values: FloatArray, products: CrossProducts) -> NDArray[np.bool_]:
    """Rows that need a separate fit to judge them: a redundant column, (nearly) no variance left, or a sum not finite."""
    spread = NEARLY_EXACT * float(products.centred[:, -1, -1].sum()) / float(products.size.sum())
    variance = values[:, VARIANCE]
    sound = (values[:, SIGMA2] > spread) & np.isfinite(variance) & (variance > 0.0)
    return np.asarray((values[:, STATE] == SINGULAR) | ~sound)


def make_space(node: Node) -> Space:
    """Scratch space for the candidates of a node."""
    m = node.rows.shape[1]
    return Space(
        np.zeros((len(node.size), 2 * m)),
        np.zeros(2 * m),
        node.rows.copy(),
        node.g.copy(),
        node.fixed.copy(),
        work_arrays(m - 1),
        record(),
        few_trials(len(node.size) if node.reml else 0, m - 1),
    )


@leaf
def pack_products(row, g):  # type: ignore[no-untyped-def]
    """Packed lower triangle of row row'."""
    at = 0
    for k in range(row.shape[0]):
        for h in range(k + 1):
            g[at] = row[k] * row[h]
            at += 1


@leaf
def enter(i, low, within, node, space):  # type: ignore[no-untyped-def]
    """Bring the sums of S in trial i into the cross-products.

    low: (2, 2 + a), for each arm the number of people, the sums of the adjusters and that of the outcome, both centred
    within the trial over the whole node. within: the interaction is with S minus its mean in the trial.
    """
    a = low.shape[1] - 2
    m = a + 4
    p = a + 3
    s = a + 1
    ts = a + 2
    own = space.own[i]
    row = space.rows[i]
    n = node.size[i]
    treated = node.treated[i]
    n1 = low[1, 0]
    n_s = low[0, 0] + n1
    own[0] = n1 - n_s * treated / n
    own[m] = n1 - n1 * treated / n
    for k in range(a):
        own[1 + k] = low[0, 1 + k] + low[1, 1 + k]
        own[m + 1 + k] = low[1, 1 + k]
    own[s] = n_s - n_s * n_s / n
    own[ts] = n1 - n_s * n1 / n
    own[m + ts] = n1 - n1 * n1 / n
    own[p] = low[0, a + 1] + low[1, a + 1]
    own[m + p] = low[1, a + 1]
    if within:
        # t (S - f) = tS - f t, f the share of S: all products follow from those of tS and of t
        f = n_s / n
        own[m + ts] += f * (f * row[0] - 2.0 * own[m])
        own[ts] -= f * own[0]
        for k in range(a + 1):
            own[m + k] -= f * row[k]
        own[m + p] -= f * row[p]
    own[m + s] = own[ts]
    row[s] = own[0]
    row[ts] = own[m]
    pack_products(row, space.g[i])


@leaf
def fit_entered(warm, node, space, values):  # type: ignore[no-untyped-def]
    """Fit the interaction from what was entered; return lambda. `warm`: where its search starts, or -1."""
    m = node.rows.shape[1]
    p = m - 1
    s = m - 3
    ts = m - 2
    at_s = s * (s + 1) // 2
    at_ts = ts * (ts + 1) // 2
    at_y = p * (p + 1) // 2
    own, pooled, a0, g, work, out = space.own, space.pooled, space.a0, space.g, space.work, space.record
    u, nu = node.u, node.nu
    # summed anew for each set: a running total would gather the rounding of thousands of updates
    for k in range(2 * m):
        pooled[k] = 0.0
    for i in range(own.shape[0]):
        for k in range(2 * m):
            pooled[k] += own[i, k]
    for k in range(s + 1):
        a0[at_s + k] = pooled[k]
        a0[at_ts + k] = pooled[m + k]
    a0[at_ts + ts] = pooled[m + ts]
    a0[at_y + s] = pooled[p]
    a0[at_y + ts] = pooled[m + p]
    lam = 0.0
    if node.random:
        state = 1
        lam, evaluations = find_lambda(a0, space.rows, u, nu, p, warm, node.grid, work, space.few)
        if lam == UNDECIDED or not evaluate(lam, a0, g, u, node.v, nu, node.reml, p, work, out):
            lam, evaluations, _, _, state = minimise(a0, g, u, node.v, nu, node.reml, p, warm, node.grid, work, out)
    else:
        evaluations = 1
        state = 1 if evaluate(0.0, a0, g, u, node.v, nu, node.reml, p, work, out) else -1
    values[5] = evaluations
    values[6] = state
    if state >= 0:
        sigma2 = out[3] / nu
        variance, df = uncertainty(lam, ts, u, nu, node.contrasts, p, node.method, work, out)
        values[0] = -work[4][ts]
        values[1] = variance
        values[2] = df
        values[3] = lam * sigma2
        values[4] = sigma2
        if df == -1.0 or (node.random and node.contrasts - p <= 1.0):
            values[6] = -1.0
    return lam


@leaf
def fit_set(low, within, warm, node, space, values):  # type: ignore[no-untyped-def]
    """Fit the interaction with one set S, whose sums by trial, arm and column are `low` (K, 2, 2 + a); return lambda.

    values: estimate, squared standard error, df before any floor, tau2, sigma2, evaluations, and a state: 1 done,
    0 not converged, -1 a column of S is redundant or the data do not inform lambda (`fit_one_step` knows what to do).
    """
    for i in range(low.shape[0]):
        enter(i, low[i], within, node, space)
    return fit_entered(warm, node, space, values)
