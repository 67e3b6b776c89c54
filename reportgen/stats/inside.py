"""The effect of treatment inside one candidate set of participants, from the sums and products of the set.

In: for each trial and arm of the set the number of people and the sums of adjusters and outcome, for each trial their
products. Out: estimate, squared standard error and df of theta in  y = phi_i + x b + t (theta + u_i) + e,  fitted to
the people of the set alone, as `fit_one_step` would; trials without both arms in the set are no part of it.
Method: products centred within trials follow from the sums; the kernels of a single model (profile.py) do the rest.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .candidate import METHODS
from .compiled import leaf
from .crossproducts import FloatArray
from .profile import GRID, evaluate, minimise, packed, record, uncertainty, work_arrays

KENWARD_ROGER = METHODS["kenward-roger"]
# Below this share of its usual variance a column inside a set is left to the fit that centres it exactly.
HARDLY_VARIES = 1e-4
RESIDUAL = METHODS["satterthwaite"]  # which gives the residual df at lambda = 0


class InsideSpace(NamedTuple):
    """Scratch space for sets of one node; p = a + 1 columns of X: treatment and adjusters.

    The last two are constants, held here since numba would compile the kernels anew for a constant in a call: 6 s.
    """

    a0: FloatArray
    g: FloatArray  # (K, len(a0))
    u: FloatArray
    row: FloatArray
    work: tuple[Any, ...]
    record: FloatArray
    grid: FloatArray
    reml: bool
    treatment: int  # its column of X


def make_inside_space(trials: int, adjusters: int) -> InsideSpace:
    """Scratch space for sets in `trials` trials."""
    p = adjusters + 1
    length = packed(p + 1)
    return InsideSpace(
        np.zeros(length),
        np.zeros((trials, length)),
        np.zeros(trials),
        np.zeros(p + 1),
        work_arrays(p),
        record(),
        GRID,
        True,
        0,
    )


@leaf
def enter_inside(i, low, squares, space):  # type: ignore[no-untyped-def]
    """Add trial i of a set to A_0, and its products with treatment to g and u; nothing where it lacks an arm."""
    a0, g, row = space.a0, space.g[i], space.row
    m = low.shape[1]  # treatment, adjusters, outcome
    n1 = low[1, 0]
    n = low[0, 0] + n1
    space.u[i] = 0.0
    g[:] = 0.0
    if n1 == 0.0 or n1 == n:
        return
    row[0] = n1 * low[0, 0] / n
    for k in range(1, m):
        row[k] = low[1, k] - n1 * (low[0, k] + low[1, k]) / n
    space.u[i] = row[0]
    at = 0
    from_square = 0
    for k in range(m):
        for h in range(k + 1):
            g[at] = row[k] * row[h]
            if h == 0:
                a0[at] += row[k]
            else:
                a0[at] += squares[from_square] - (low[0, k] + low[1, k]) * (low[0, h] + low[1, h]) / n
                from_square += 1
            at += 1


@leaf
def fit_inside(low, squares, random, space, values):  # type: ignore[no-untyped-def]
    """Fit the effect inside a set by REML with Kenward and Roger's df.

    low: (K, 2, 2 + a), as for `fit_set`. squares: (K, (a + 1)(a + 2)/2), packed products of adjusters and outcome.
    values: estimate, squared standard error, df before any floor, tau2, sigma2, number of trials with both arms, and a
    state: 1 done, 0 not converged, -1 for what `fit_one_step` has to judge.
    """
    p = low.shape[2] - 1
    space.a0[:] = 0.0
    people = 0.0
    trials = 0
    for i in range(low.shape[0]):
        enter_inside(i, low[i], squares[i], space)
        if low[i, 0, 0] > 0.0 and low[i, 1, 0] > 0.0:
            people += low[i, 0, 0] + low[i, 1, 0]
            trials += 1
    values[5] = trials
    values[6] = -1.0
    contrasts = people - trials
    nu = contrasts - p
    if nu <= 0.0:
        return
    a0, g, u, work, out = space.a0, space.g, space.u, space.work, space.record
    lam = 0.0
    mixed = random and trials > 1
    if mixed:
        lam, _, _, _, state = minimise(a0, g, u, u, nu, space.reml, p, -1.0, space.grid, work, out)
    else:
        state = 1 if evaluate(0.0, a0, g, u, u, nu, space.reml, p, work, out) else -1
    if state < 0:
        return
    sigma2 = out[3] / nu
    # a trial outside has u = 0, so d = 1, and drops out of every sum over trials
    variance, df = uncertainty(
        lam, space.treatment, u, nu, contrasts, p, KENWARD_ROGER if mixed else RESIDUAL, work, out
    )
    values[0] = -work[4][0]
    values[1] = variance
    values[2] = df
    values[3] = lam * sigma2
    values[4] = sigma2
    values[6] = state if df != -1.0 else -1.0
