"""Scores of a split from the treatment statistics of its two sides: the criteria of SIDES.

In: z1 and z2, estimate over standard error of the treatment effect, fitted on each side by itself. Out: log p.
Method: Lipkovich, Dmitrienko, Denne & Enas 2011 (Stat Med 30:2601), criteria 1 to 3. They rank splits; where there is
an overall effect z differs between sides by their size alone, so that these are no tests of effect modification.
"""

from __future__ import annotations

import numpy as np

from reportgen.late import special

from .crossproducts import FloatArray

LOG2 = float(np.log(2.0))


def differential(z1: FloatArray, z2: FloatArray) -> FloatArray:
    """log of 2 [1 - Phi(|z1 - z2| / sqrt 2)]: the sides differ.

    Examples
    --------
    >>> round(float(np.exp(differential(np.array(3.0), np.array(0.2)))), 6)
    0.047715
    """
    return np.asarray(LOG2 + special.log_ndtr(-np.abs(z1 - z2) / np.sqrt(2.0)))


def maximum(z1: FloatArray, z2: FloatArray) -> FloatArray:
    """log of min(1, 2 min(1 - Phi(z1), 1 - Phi(z2))): one of the sides gains.

    Examples
    --------
    >>> round(float(np.exp(maximum(np.array(3.0), np.array(0.2)))), 6)
    0.0027
    """
    return np.asarray(np.minimum(0.0, LOG2 + special.log_ndtr(-np.maximum(z1, z2))))


def directional(z1: FloatArray, z2: FloatArray) -> FloatArray:
    """log of the larger of both: the sides differ and one of them gains.

    Examples
    --------
    >>> round(float(np.exp(directional(np.array(3.0), np.array(0.2)))), 6)
    0.047715
    """
    return np.maximum(differential(z1, z2), maximum(z1, z2))


SCORES = {"differential": differential, "maximum": maximum, "directional": directional}
