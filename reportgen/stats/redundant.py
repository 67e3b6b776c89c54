"""Adjusters that a model leaves out: they are constant, say no more than the trial, or follow from what stands before them.

In: the arrays and options of a fit. Out: for each column that is left out, why, and from which others it follows. Which
columns stay is decided by `blocks`, as in the fit itself, so that what is reported here is what was fitted. It costs one pass
over the participants and no search, and so it can be reported before anything is fitted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from .choices import AdjusterSlopes, Intercept
from .crossproducts import CrossProducts, FloatArray, columns
from .design import Options, blocks
from .one_step import both_arms

TREATMENT = -1
SHARE = 1e-6  # of a column's spread: a smaller part of another column in it is rounding
Kind = Literal["constant", "within", "follows"]


@dataclass(frozen=True, slots=True)
class Redundant:
    """Why a column is left out.

    Attributes
    ----------
    kind : {"constant", "within", "follows"}
        One value in all; one value in each trial; a linear combination of other columns.
    of : tuple of int
        The places of the columns that it follows from; -1 is treatment.
    """

    kind: Kind
    of: tuple[int, ...] = ()


def redundant_adjusters(
    outcome: ArrayLike,
    treatment: ArrayLike,
    trial: ArrayLike,
    adjusters: ArrayLike,
    *,
    intercept: Intercept = "stratified",
    adjuster_slopes: AdjusterSlopes = "common",
) -> dict[int, Redundant]:
    """Return the columns of the adjusters that `fit_one_step` leaves out of its model, by their places.

    Parameters
    ----------
    outcome, treatment, trial, adjusters : array_like
        As for `fit_one_step`.
    intercept, adjuster_slopes : str
        As for `fit_one_step`. With slopes of each trial's own, a column is left out if it is so in every trial.

    Returns
    -------
    dict of int to Redundant
        Empty where all are in the model, and where there is no trial with both arms.

    Examples
    --------
    >>> arm, trial, age = [0, 1] * 3, ["a"] * 3 + ["b"] * 3, [30.0, 40.0, 50.0, 20.0, 60.0, 70.0]
    >>> months = [12.0 * years for years in age]
    >>> redundant_adjusters([1.0, 2.0, 4.0, 3.0, 5.0, 9.0], arm, trial, np.column_stack([age, [5.0] * 6, months]))
    {1: Redundant(kind='constant', of=()), 2: Redundant(kind='follows', of=(0,))}
    """
    used, _ = both_arms(columns(outcome, treatment, trial, adjusters).cross_products())
    if not len(used.size):
        return {}
    parts = [used]
    if adjuster_slopes == "stratified":
        parts = [used.select(np.arange(len(used.size)) == k) for k in range(len(used.size))]
        lost = set.intersection(*(_dropped(part, Options(treatment_effect="common")) for part in parts))
        intercept = "stratified"
    else:
        lost = _dropped(used, Options(intercept=intercept))
    return {place: _explanation(place, used, parts, sorted(lost), intercept) for place in sorted(lost)}


def _dropped(products: CrossProducts, options: Options) -> set[int]:
    dropped = blocks(products, options).dropped
    return {place for place in range(products.adjusters) if f"adjuster[{place}]" in dropped}


def _explanation(
    place: int, used: CrossProducts, parts: Sequence[CrossProducts], lost: list[int], intercept: Intercept
) -> Redundant:
    """Return why a column is lost; `parts` are those of the data that have slopes of their own."""
    if used.centred[:, 1 + place, 1 + place].sum() == 0.0:
        if np.ptp(used.mean[:, 1 + place]) == 0.0:
            return Redundant("constant")
        if intercept == "stratified":
            return Redundant("within")
    earlier = [0, *(1 + k for k in range(place) if k not in lost)]
    found = set().union(*(_sources(1 + place, earlier, _products(part, intercept)) for part in parts))
    return Redundant("follows", tuple(sorted(found)))


def _sources(column: int, earlier: list[int], products: FloatArray) -> set[int]:
    """Return the places of the columns of which another one is made."""
    scale = np.sqrt(np.diag(products))
    scale[scale == 0.0] = 1.0
    scaled = products / np.outer(scale, scale)
    shares = np.linalg.lstsq(scaled[np.ix_(earlier, earlier)], scaled[earlier, column], rcond=None)[0]
    return {k - 1 for k, share in zip(earlier, shares, strict=True) if abs(share) > SHARE}


def _products(used: CrossProducts, intercept: Intercept) -> FloatArray:
    """Cross-products within trials; with random intercepts those about the overall means."""
    within: FloatArray = used.centred.sum(axis=0)
    if intercept == "stratified":
        return within
    size = used.size.astype(float)
    apart = used.mean - size @ used.mean / size.sum()
    about: FloatArray = within + (apart * size[:, None]).T @ apart
    return about
