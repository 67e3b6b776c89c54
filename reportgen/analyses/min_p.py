"""p of the moderators of a screening, adjusted by random draws for how many of them were tested.

In: the p of the data, and the draws of their cell and of the others of the comparison. Out: for each moderator two p values, for
all moderators of the cell and for all of the comparison; NaN without draws.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from reportgen.stats.null_draws import ScreeningDraws, min_p

FloatArray = NDArray[np.float64]


def adjusted_by_draws(
    p: Sequence[float],
    flips: Sequence[ScreeningDraws | None],
    beside: Sequence[ScreeningDraws | None],
    *,
    varying: bool,
    drawn: Sequence[float] | None = None,
) -> tuple[FloatArray, FloatArray]:
    """Return p adjusted for the moderators of the cell, and for those of all cells of its comparison.

    Parameters
    ----------
    p : sequence of float
        Of the data; NaN for what was not tested, or is not disclosed.
    flips : sequence of ScreeningDraws or None
        One, of the cell; empty without draws.
    beside : sequence of ScreeningDraws or None
        Of the other cells; None where nothing can be tested.
    varying : bool
        Whether the interaction that is tested varies between trials: draws know no such variation, and the adjusted p is at
        least p itself then.
    drawn : sequence of float, optional
        Of events: p of the data by the test of the draws, which is compared with them; the adjusted p is then at least the
        printed one.

    Examples
    --------
    >>> draws = ScreeningDraws(1, np.arange(4), ("age", "sex"), np.array([[0.5, 0.1], [0.3, 0.4], [0.02, 0.9], [0.6, 0.7]]))
    >>> [one.tolist() for one in adjusted_by_draws([0.05, 0.5], (draws,), (), varying=False)]
    [[0.4, 0.8], [0.4, 0.8]]
    """
    own = next((flip for flip in flips if flip is not None), None)
    asked = np.asarray(p, float)
    if own is None:
        return np.full(asked.shape, np.nan), np.full(asked.shape, np.nan)
    others = [item.p for item in beside if item is not None]
    nothing = [np.empty(0) for _ in others]
    tested = asked if drawn is None else np.where(np.isnan(asked), np.nan, np.asarray(drawn, float))
    (alone,) = min_p([tested], [own.p])
    together = min_p([tested, *nothing], [own.p, *others])[0]
    if not varying and drawn is None:
        return alone, together
    return np.maximum(asked, alone), np.maximum(asked, together)
