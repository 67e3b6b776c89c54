"""Sites within trials: practices, hospitals or centres, each with a random intercept of one variance for all trials.

In: the site of each row, nested in its trial. Out: people and sums of the columns by site, which cross-products of a trial are
extended with, so that its random columns are (t, one indicator a site).
    y_ijk = phi_i + x' beta + t (theta + u_i) + v_ij + e_ijk ,   v_ij ~ N(0, omega2)
Sites of one name in two trials are two. A trial with one site has it in its own intercept and tells nothing of the variance;
where trials have a random intercept, its one site adds to that. Rows without a site are together one more of their trial.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

SITE = "site"  # the random columns of sites are called site[0], site[1], ...
ONE_EACH = "no trial has people of two sites of which one has two people: the variance between sites is not estimated"
CONFOUNDED = "the variance between sites cannot be estimated: the sites of a trial cannot be distinguished from its arms or its people"


@dataclass(frozen=True, slots=True)
class Sites:
    """People and sums of the columns by site.

    Attributes
    ----------
    size : ndarray (K, S)
        People with all values; S is the largest number of sites of a trial, and zero stands where a trial has fewer.
    sums : ndarray (K, S, m)
        Sums of the columns, each minus its mean in the trial.
    """

    size: FloatArray
    sums: FloatArray

    @property
    def of_trial(self) -> IntArray:
        """How many sites each trial has."""
        return np.asarray((self.size > 0.0).sum(axis=1), np.int64)

    @property
    def informative(self) -> bool:
        """Whether some trial has two sites, and one of them two people: else sites are trials, or people."""
        several = self.of_trial > 1
        return bool((self.size[several] > 1.0).any())

    def only(self, keep: NDArray[np.bool_]) -> Sites:
        """Return those of the trials for which `keep` is true."""
        return Sites(self.size[keep], self.sums[keep])

    def cleared(self, keep: NDArray[np.bool_]) -> Sites:
        """Return the same without the sites of the trials for which `keep` is false."""
        return Sites(self.size * keep[:, None], self.sums * keep[:, None, None])


def site_places(site: ArrayLike, codes: IntArray) -> IntArray:
    """Number the sites of each trial 0, 1, ...; those without one (None or NaN) are one more.

    Parameters
    ----------
    site : array_like (n,)
        Labels of any type.
    codes : ndarray (n,) of int
        The trial of each row; -1: none.

    Examples
    --------
    >>> site_places(["a", "b", None, "b"], np.array([0, 0, 0, 1])).tolist()
    [0, 1, 2, 0]
    """
    values = np.asarray(site)
    if values.shape != codes.shape:
        raise ValueError(
            f"site has {values.shape[0]} rows, the outcome has {len(codes)}; give one value for each participant"
        )
    if values.dtype.kind == "O":
        missing = np.fromiter((v is None or v != v for v in values), bool, values.size)
    elif values.dtype.kind == "f":
        missing = np.isnan(values)
    else:
        missing = np.zeros(values.size, bool)
    text = np.where(missing, "", values.astype(str))
    # the empty name is that of nobody, so that a site without one is not joined to a site of that name
    names, number = np.unique(text, return_inverse=True)
    number = np.where(missing, len(names), number)
    pairs, pair = np.unique(np.column_stack([codes, number]), axis=0, return_inverse=True)
    first = np.searchsorted(pairs[:, 0], pairs[:, 0], side="left")
    return np.asarray((np.arange(len(pairs)) - first)[np.ravel(pair)], np.int64)


def site_sums(columns: FloatArray, mean: FloatArray, codes: IntArray, places: IntArray, width: int) -> Sites:
    """Accumulate the columns (n, m) by site; rows with a NaN, or without a trial, are left out.

    Parameters
    ----------
    columns : ndarray (n, m)
    mean : ndarray (K, m)
        Of the trials.
    codes, places : ndarray (n,) of int
        Trial, and site within it.
    width : int
        S, at least the largest place + 1.
    """
    whole = (codes >= 0) & np.isfinite(columns).all(axis=1)
    trials, m = mean.shape
    cell = codes[whole] * width + places[whole]
    apart = columns[whole] - mean[codes[whole]]
    size = np.bincount(cell, minlength=trials * width).astype(float).reshape(trials, width)
    sums: FloatArray = np.stack(
        [np.bincount(cell, weights=column, minlength=trials * width) for column in apart.T], axis=1
    )
    return Sites(size, sums.reshape(trials, width, m).astype(np.float64))


def extended(matrix: FloatArray, sites: Sites, mean: FloatArray) -> FloatArray:
    """Return cross-products of (1, columns), (K, m+1, m+1), with one row and column for each site behind them.

    Parameters
    ----------
    matrix : ndarray (K, m+1, m+1)
        About some point.
    sites : Sites
    mean : ndarray (K, m+1)
        Means of (1, columns) about the same point.
    """
    crossed = sites.size[:, :, None] * mean[:, None, :]
    crossed[:, :, 1:] += sites.sums
    return _framed(matrix, crossed, sites.size[:, :, None] * np.eye(sites.size.shape[1]))


def extended_centred(matrix: FloatArray, sites: Sites, people: IntArray) -> FloatArray:
    """Return the same of columns and sites centred within the trial, whose row and column of 1 are zero.

    Parameters
    ----------
    matrix : ndarray (K, m+1, m+1)
    sites : Sites
    people : ndarray (K,) of int
        Of each trial.
    """
    crossed = np.zeros((*sites.size.shape, matrix.shape[1]))
    crossed[:, :, 1:] = sites.sums
    size = sites.size
    own = size[:, :, None] * np.eye(size.shape[1]) - size[:, :, None] * size[:, None, :] / people[:, None, None]
    return _framed(matrix, crossed, own)


def _framed(matrix: FloatArray, crossed: FloatArray, own: FloatArray) -> FloatArray:
    upper = np.concatenate([matrix, crossed.transpose(0, 2, 1)], axis=2)
    return np.concatenate([upper, np.concatenate([crossed, own], axis=2)], axis=1)
