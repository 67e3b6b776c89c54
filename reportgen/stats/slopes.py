"""The interaction of treatment with quantities, one after another, in the model that all of them share.

In: a node of people (candidate.py) and, for each of its people, treatment, adjusters, outcome and the quantities, the
last three centred within trials. Out: a row of numbers for each quantity.
Method: as for a set of people, the products of z and t z with all other columns complete the cross-products of the node.
"""

from __future__ import annotations

import numpy as np

from .candidate import Node, fit_entered, make_space, pack_products
from .compiled import kernel
from .crossproducts import FloatArray, IntArray


def fit_slopes(z: FloatArray, rows: FloatArray, trial: IntArray, node: Node) -> FloatArray:
    """Fit t x z in  y = phi_i + x b + d z + t (theta + u_i) + gamma t z + e  for each z.

    Parameters
    ----------
    z : ndarray (J, n)
        Centred within trials.
    rows : ndarray (n, w)
        1, treatment, the adjusters of the node and the outcome in the first columns.
    trial : ndarray (n,) of int
        From 0.
    node : Node

    Returns
    -------
    ndarray (J, 7)
        Columns as in candidate.py; which of them hold is said by `box_effects.sound`.
    """
    values = np.full((len(z), 7), np.nan)
    space = make_space(node)
    _fit_slopes(z, rows, trial, node, space, values)
    return values


@kernel
def _fit_slopes(z, rows, trial, node, space, values):  # type: ignore[no-untyped-def]
    """Fit one quantity after another."""
    for k in range(z.shape[0]):
        _enter(z[k], rows, trial, node, space)
        fit_entered(-1.0, node, space, values[k])


@kernel
def _enter(z, rows, trial, node, space):  # type: ignore[no-untyped-def]
    """Bring z into the cross-products; rows z and t z of them stand in space.own, over (t, x, z, t z, y)."""
    m = node.rows.shape[1]
    a = m - 4
    s, ts, p = a + 1, a + 2, a + 3
    own = space.own
    own[:] = 0.0
    for j in range(z.shape[0]):
        row = own[trial[j]]
        t = rows[j, 1]
        row[0] += z[j] * t
        for k in range(a):
            row[1 + k] += z[j] * rows[j, 2 + k]
            row[m + 1 + k] += t * z[j] * rows[j, 2 + k]
        row[s] += z[j] * z[j]
        row[ts] += t * z[j] * z[j]
        row[p] += z[j] * rows[j, 2 + a]
        row[m + p] += t * z[j] * rows[j, 2 + a]
    for i in range(own.shape[0]):
        total = own[i, 0]  # of t z
        own[i, m] = total - total * node.treated[i] / node.size[i]
        own[i, m + s] = own[i, ts]
        own[i, m + ts] = own[i, ts] - total * total / node.size[i]
        space.rows[i, s] = own[i, 0]
        space.rows[i, ts] = own[i, m]
        pack_products(space.rows[i], space.g[i])
