"""The test for differences between the effects of independent groups: Cochran's Q, in which each group is one study.

In: an estimate and its standard error for each group. Out: Q, its degrees of freedom and p (Borenstein et al. 2009, Introduction to
Meta-Analysis, chapter 19: fixed effects between groups). Standard errors are taken as known, and groups as independent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from reportgen.late import special


@dataclass(frozen=True, slots=True)
class GroupDifference:
    """Cochran's Q between groups, with its degrees of freedom and p."""

    q: float
    df: int
    p_value: float


def group_difference(estimates: Sequence[float], std_errors: Sequence[float]) -> GroupDifference:
    """Test whether the effects of independent groups differ.

    Parameters
    ----------
    estimates, std_errors : sequence of float
        Of two groups at least; standard errors are above zero.

    Examples
    --------
    >>> test = group_difference([1.0, 3.0], [1.0, 1.0])
    >>> test.q, test.df, round(test.p_value, 6)
    (2.0, 1, 0.157299)
    """
    effects, weights = np.asarray(estimates, dtype=float), 1.0 / np.square(np.asarray(std_errors, dtype=float))
    mean = float(np.sum(weights * effects) / np.sum(weights))
    q = float(np.sum(weights * np.square(effects - mean)))
    df = len(effects) - 1
    return GroupDifference(q, df, float(special.chdtrc(df, q)))
