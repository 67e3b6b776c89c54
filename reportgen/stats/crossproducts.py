"""Cross-products of columns within trials: all that a likelihood with normal errors needs from participants.

In: outcome, treatment, adjusters and moderators, one row a participant, and the trial each belongs to.
Out: for each trial its size, the means of the columns and the cross-products of the columns centred within the trial.
Method: one pass over the rows. Each column is shifted by its first value in the trial before it is summed, so that a
large common level (a year, a shifted outcome) costs no digits and a constant column gives exactly zero; parts are put
together by the update of Chan, Golub and LeVeque (1983, The American Statistician 37:242-247).
Columns stand in the order treatment, adjusters, moderators, treatment x moderators, outcome.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .compiled import kernel
from .sites import Sites, site_places, site_sums

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


# Rows of one trial that stand together are taken in blocks that fit the first cache with all their columns; a product is
# summed in eight lanes side by side, which the compiler may turn into vector registers without changing a single bit.
BLOCK = 128
LANES = 8
NUMBERS, GAP, INFINITE = 0, 1, 2  # what a row may hold


@kernel
def _add_block(block, filled, sums):  # type: ignore[no-untyped-def]
    """Add the sums and products of the first `filled` rows of a block (column by column) to those of a trial."""
    m = block.shape[0]
    even = filled - filled % LANES
    at = m
    for k in range(m):
        a = block[k]
        s0 = s1 = s2 = s3 = s4 = s5 = s6 = s7 = 0.0
        for j in range(0, even, LANES):
            s0 += a[j]
            s1 += a[j + 1]
            s2 += a[j + 2]
            s3 += a[j + 3]
            s4 += a[j + 4]
            s5 += a[j + 5]
            s6 += a[j + 6]
            s7 += a[j + 7]
        value = ((s0 + s1) + (s2 + s3)) + ((s4 + s5) + (s6 + s7))
        for j in range(even, filled):
            value += a[j]
        sums[k] += value
        for h in range(k + 1):
            b = block[h]
            s0 = s1 = s2 = s3 = s4 = s5 = s6 = s7 = 0.0
            for j in range(0, even, LANES):
                s0 += a[j] * b[j]
                s1 += a[j + 1] * b[j + 1]
                s2 += a[j + 2] * b[j + 2]
                s3 += a[j + 3] * b[j + 3]
                s4 += a[j + 4] * b[j + 4]
                s5 += a[j + 5] * b[j + 5]
                s6 += a[j + 6] * b[j + 6]
                s7 += a[j + 7] * b[j + 7]
            value = ((s0 + s1) + (s2 + s3)) + ((s4 + s5) + (s6 + s7))
            for j in range(even, filled):
                value += a[j] * b[j]
            sums[at] += value
            at += 1


@kernel
def _whole_block(j, i, outcome, treatment, adjusters, moderators, codes):  # type: ignore[no-untyped-def]
    """Whether the next BLOCK rows are of trial i and finite, so that they need no look at each of them.

    x - x is 0 for a finite number and NaN for NaN and the infinities; counting such rows in whole numbers is work for
    vector registers. Rows are unsigned numbers, for which numba needs no look at whether they count from the end.
    """
    odd = 0
    for k in range(BLOCK):
        r = np.uintp(j + k)
        odd += (codes[r] != i) + (outcome[r] - outcome[r] != 0.0) + (treatment[r] - treatment[r] != 0.0)
    for c in range(adjusters.shape[1]):
        for k in range(BLOCK):
            r = np.uintp(j + k)
            odd += adjusters[r, c] - adjusters[r, c] != 0.0
    for c in range(moderators.shape[1]):
        for k in range(BLOCK):
            r = np.uintp(j + k)
            odd += moderators[r, c] - moderators[r, c] != 0.0
    return odd == 0


@kernel
def _fill_block(j, shift, outcome, treatment, adjusters, moderators, block):  # type: ignore[no-untyped-def]
    """Copy the next BLOCK rows into a block, shifted; return how many of them are in the intervention arm."""
    a, q, m = adjusters.shape[1], moderators.shape[1], block.shape[0]
    first, last = shift[0], shift[m - 1]
    t, y = block[0], block[m - 1]
    ones = 0.0
    for k in range(BLOCK):
        r = np.uintp(j + k)
        t[k] = treatment[r] - first
        y[k] = outcome[r] - last
    for k in range(BLOCK):
        ones += treatment[np.uintp(j + k)]
    for c in range(a):
        x, level = block[1 + c], shift[1 + c]
        for k in range(BLOCK):
            x[k] = adjusters[np.uintp(j + k), c] - level
    for c in range(q):
        z, level = block[1 + a + c], shift[1 + a + c]
        product, product_level = block[1 + a + q + c], shift[1 + a + q + c]
        for k in range(BLOCK):
            r = np.uintp(j + k)
            z[k] = moderators[r, c] - level
            product[k] = treatment[r] * moderators[r, c] - product_level
    return np.int64(ones)


@kernel
def _read_row(j, outcome, treatment, adjusters, moderators, row):  # type: ignore[no-untyped-def]
    """Bring what stands in row j into (treatment, adjusters, moderators, their products, outcome); say what it holds."""
    a = adjusters.shape[1]
    q = moderators.shape[1]
    m = row.shape[0]
    t = treatment[j]
    y = outcome[j]
    row[0] = t
    check = t + y
    for k in range(a):
        x = adjusters[j, k]
        row[1 + k] = x
        check += x
    for k in range(q):
        z = moderators[j, k]
        row[1 + a + k] = z
        row[1 + a + q + k] = t * z
        check += z
    row[m - 1] = y
    holds = NUMBERS
    if not np.isfinite(check):
        # a sum of finite numbers may overflow, and inf - inf is NaN: look at each value before judging the row
        for k in range(m):
            if np.isinf(row[k]) and not (1 + a + q <= k < m - 1):
                return INFINITE
            if np.isnan(row[k]):
                holds = GAP
    return holds


@kernel
def _centre(total, shift, size, arms, mean, centred):  # type: ignore[no-untyped-def]
    """Turn the sums of each trial into arms, means and products about them."""
    m = mean.shape[1]
    for i in range(mean.shape[0]):
        n = size[i]
        arms[i, 0] = n - arms[i, 1]
        at = m
        for k in range(m):
            for h in range(k + 1):
                if n > 0:
                    centred[i, k, h] = total[i, at] - total[i, k] * total[i, h] / n
                    centred[i, h, k] = centred[i, k, h]
                at += 1
        for k in range(m):
            if n > 0:
                mean[i, k] = total[i, k] / n + shift[i, k]


@kernel
def _accumulate(outcome, treatment, adjusters, moderators, codes, size, arms, missing, mean, centred):  # type: ignore[no-untyped-def]
    """Fill the cross-products in one pass; return the first row that holds an infinity, or -1."""
    m = mean.shape[1]
    trials = mean.shape[0]
    row = np.empty(m)
    block = np.empty((m, BLOCK))
    filled = 0
    current = -1
    shift = np.zeros((trials, m))
    total = np.zeros((trials, m + m * (m + 1) // 2))  # sums, then the packed lower triangle of the products
    rows = outcome.shape[0]
    j = -1
    while j + 1 < rows:
        j += 1
        i = codes[j]
        if i < 0:
            continue
        if (
            size[i] > 0
            and j + BLOCK <= rows
            and codes[j + BLOCK - 1] == i
            and _whole_block(j, i, outcome, treatment, adjusters, moderators, codes)
        ):
            if filled > 0:
                _add_block(block, filled, total[current])
                filled = 0
            current = i
            arms[i, 1] += _fill_block(j, shift[i], outcome, treatment, adjusters, moderators, block)
            _add_block(block, BLOCK, total[i])
            size[i] += BLOCK
            j += BLOCK - 1
            continue
        holds = _read_row(j, outcome, treatment, adjusters, moderators, row)
        if holds == INFINITE:
            return j
        if holds == GAP:
            missing[i] += 1
            continue
        if size[i] == 0:
            for k in range(m):  # not a slice: its error message would compile the strings of numba, 3 s
                shift[i, k] = row[k]
        size[i] += 1
        arms[i, 1] += np.int64(row[0])
        if i != current or filled == BLOCK:
            if filled > 0:
                _add_block(block, filled, total[current])
            current = i
            filled = 0
        for k in range(m):
            block[k, filled] = row[k] - shift[i, k]
        filled += 1
    if filled > 0:
        _add_block(block, filled, total[current])
    _centre(total, shift, size, arms, mean, centred)
    return -1


@dataclass(frozen=True, slots=True)
class CrossProducts:
    """Sizes, means and centred cross-products of the columns, trial by trial.

    Attributes
    ----------
    labels : ndarray (K,)
        Label of each trial.
    size : ndarray (K,) of int
        Participants with all values.
    arms : ndarray (K, 2) of int
        Of these, control and intervention.
    missing : ndarray (K,) of int
        Participants left out because a value is missing.
    mean : ndarray (K, m)
        Means of the columns, in their own units.
    centred : ndarray (K, m, m)
        Cross-products of the columns minus their trial means.
    adjusters, moderators : int
        How many columns of each; m = 2 + adjusters + 2 moderators.
    sites : Sites or None
        The same by site, where sites have intercepts of their own.
    """

    labels: NDArray[Any]
    size: IntArray
    arms: IntArray
    missing: IntArray
    mean: FloatArray
    centred: FloatArray
    adjusters: int
    moderators: int
    sites: Sites | None = None

    def __add__(self, other: CrossProducts) -> CrossProducts:
        """Cross-products of two sets of people together (same trials, same columns)."""
        return self._combine(other, 1)

    def __sub__(self, other: CrossProducts) -> CrossProducts:
        """Cross-products of those who remain when the people of `other` are taken away."""
        return self._combine(other, -1)

    def _combine(self, other: CrossProducts, sign: int) -> CrossProducts:
        if self.sites is not None or other.sites is not None:
            raise ValueError("sums by site are made from people, not from parts")
        size = self.size + sign * other.size
        gap = other.mean - self.mean
        some = np.maximum(size, 1)
        mean = np.where(size[:, None] > 0, self.mean + sign * (other.size / some)[:, None] * gap, 0.0)
        weight = sign * self.size * other.size / some
        centred = self.centred + sign * other.centred + weight[:, None, None] * gap[:, :, None] * gap[:, None, :]
        centred[size == 0] = 0.0
        return CrossProducts(
            self.labels,
            size,
            self.arms + sign * other.arms,
            self.missing + sign * other.missing,
            mean,
            centred,
            self.adjusters,
            self.moderators,
        )

    def select(self, keep: NDArray[np.bool_]) -> CrossProducts:
        """The trials for which `keep` is true."""
        return CrossProducts(
            self.labels[keep],
            self.size[keep],
            self.arms[keep],
            self.missing[keep],
            self.mean[keep],
            self.centred[keep],
            self.adjusters,
            self.moderators,
            None if self.sites is None else self.sites.only(keep),
        )


@dataclass(frozen=True, slots=True)
class Columns:
    """The checked input: float columns of equal length, and the trial of each row as a number (-1: no label).

    `sites`: the place of each row's site in its trial, where sites have intercepts of their own.
    """

    outcome: FloatArray
    treatment: FloatArray
    adjusters: FloatArray
    moderators: FloatArray
    codes: IntArray
    labels: NDArray[Any]
    sites: IntArray | None = None

    def by_arm(self) -> tuple[CrossProducts, CrossProducts]:
        """Accumulate the control and the intervention arms apart, over the same trials."""
        return self._only(0.0).cross_products(), self._only(1.0).cross_products()

    def _only(self, arm: float) -> Columns:
        return replace(self, codes=np.where(self.treatment == arm, self.codes, -1))

    def select(self, rows: NDArray[np.bool_]) -> Columns:
        """Those of some rows, over the same trials."""
        names = (
            "outcome",
            "treatment",
            "adjusters",
            "moderators",
            "codes",
            *(("sites",) if self.sites is not None else ()),
        )
        return replace(self, **{name: getattr(self, name)[rows] for name in names})

    def _by_site(self, mean: FloatArray) -> Sites | None:
        """Accumulate by site; None without sites."""
        if self.sites is None:
            return None
        products = self.treatment[:, None] * self.moderators
        whole = np.column_stack([self.treatment, self.adjusters, self.moderators, products, self.outcome])
        return site_sums(whole, mean, self.codes, self.sites, int(self.sites.max(initial=0)) + 1)

    def cross_products(self) -> CrossProducts:
        """Accumulate; each participant is read once."""
        trials, a, q = len(self.labels), self.adjusters.shape[1], self.moderators.shape[1]
        m = 2 + a + 2 * q
        size, missing = np.zeros(trials, np.int64), np.zeros(trials, np.int64)
        arms, mean, centred = np.zeros((trials, 2), np.int64), np.zeros((trials, m)), np.zeros((trials, m, m))
        row = _accumulate(
            self.outcome,
            self.treatment,
            self.adjusters,
            self.moderators,
            self.codes,
            size,
            arms,
            missing,
            mean,
            centred,
        )
        if row >= 0:
            raise ValueError(
                f"row {row} holds an infinite value; replace it by a number, or by NaN if the value is missing"
            )
        return CrossProducts(self.labels, size, arms, missing, mean, centred, a, q, self._by_site(mean))


def columns(
    outcome: ArrayLike,
    treatment: ArrayLike,
    trial: ArrayLike,
    adjusters: ArrayLike | None = None,
    moderator: ArrayLike | None = None,
    site: ArrayLike | None = None,
) -> Columns:
    """Check shapes and codes of the input and number the trials, and the sites within them.

    Raises
    ------
    ValueError
        Where lengths differ, an array has the wrong number of dimensions, or a treatment is not 0, 1 or NaN.
    """
    y = _vector(outcome, "outcome")
    n = y.shape[0]
    t = _vector(treatment, "treatment")
    codes, labels = number_trials(trial)
    for name, length in (("treatment", t.shape[0]), ("trial", codes.shape[0])):
        if length != n:
            raise ValueError(f"{name} has {length} rows, the outcome has {n}; give one value for each participant")
    if not np.all((t == 0.0) | (t == 1.0) | np.isnan(t)):
        odd = int(np.flatnonzero(~((t == 0.0) | (t == 1.0) | np.isnan(t)))[0])
        raise ValueError(f"treatment must be 0 (control) or 1 (intervention); row {odd} holds {t[odd]:g}")
    x, z = _matrix(adjusters, n, "adjusters"), _matrix(moderator, n, "moderator")
    return Columns(y, t, x, z, codes, labels, None if site is None else site_places(site, codes))


def number_trials(trial: ArrayLike) -> tuple[IntArray, NDArray[Any]]:
    """Number the labels 0..K-1 in sorted order; a missing label gets -1.

    Returns
    -------
    codes : ndarray (n,) of int
    labels : ndarray (K,)
    """
    values = np.asarray(trial)
    if values.ndim != 1:
        raise ValueError(f"trial must have one dimension, not {values.ndim}")
    if values.dtype.kind in "iu" and values.size:
        low = int(values.min())
        span = int(values.max()) - low + 1
        if span <= 4 * values.size + 64:  # a table instead of a sort: a million rows in milliseconds
            offset = (values - low).astype(np.int64)
            present = np.bincount(offset, minlength=span) > 0
            number = np.cumsum(present) - 1
            return number[offset], (np.flatnonzero(present) + low).astype(values.dtype)
    if values.dtype.kind == "O":
        missing = np.fromiter((v is None or v != v for v in values), bool, values.size)
    elif values.dtype.kind == "f":
        missing = np.isnan(values)
    else:
        missing = np.zeros(values.size, bool)
    codes = np.full(values.size, -1, np.int64)
    labels, inverse = _unique(values[~missing])
    codes[~missing] = inverse
    return codes, labels


def _unique(values: NDArray[Any]) -> tuple[NDArray[Any], IntArray]:
    try:
        labels, inverse = np.unique(values, return_inverse=True)
    except TypeError:  # labels of mixed types have no order of their own: order them as text
        text, inverse = np.unique(values.astype(str), return_inverse=True)
        labels = text
    return labels, inverse.astype(np.int64)


def _vector(values: ArrayLike, name: str) -> FloatArray:
    array = _floats(values)
    if array.ndim != 1:
        raise ValueError(f"{name} must have one dimension, not {array.ndim}")
    return array


def _floats(values: ArrayLike) -> FloatArray:
    """Contiguous and writeable: a read-only array (pandas hands them out) is another type to numba, compiled anew."""
    array = np.ascontiguousarray(values, dtype=np.float64)
    return array if array.flags.writeable else array.copy()


def _matrix(values: ArrayLike | None, n: int, name: str) -> FloatArray:
    if values is None:
        return np.empty((n, 0))
    array = _floats(values)
    if array.ndim == 1:
        array = array[:, None]
    if array.ndim != 2:
        raise ValueError(f"{name} must have one or two dimensions, not {array.ndim}")
    if array.shape[0] != n:
        raise ValueError(f"{name} has {array.shape[0]} rows, the outcome has {n}; give one value for each participant")
    return array
