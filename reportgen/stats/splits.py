"""All candidate splits of one moderator in one node, and their fits.

In: the people of a node, and a moderator as ranks among its values. Out: for each admissible split into two sides the
interaction with S (S = 1 on the low side) or the treatment effects of both sides.
Method: people fall into buckets, one between two neighbouring cuts or one a level, and the sums of each bucket by trial
and arm are all that a fit needs (candidate.py, inside.py). Cuts add one bucket after another to S; sets of levels of a
nominal covariate follow a Gray code, in which neighbours differ by one level. What depends on ranks, treatment, trial
and adjusters stands apart from the outcome, so that thousands of outcomes may be searched with the same preparation.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .candidate import Node, enter, fit_entered, make_node, make_space
from .compiled import kernel
from .crossproducts import Columns, CrossProducts, FloatArray, IntArray
from .design import Options
from .inside import HARDLY_VARIES, fit_inside, make_inside_space
from .own_slopes import OwnNode, OwnSlopes, fit_own, make_own_node, make_own_slopes, make_own_space, sweep_outcome
from .ranks import NOMINAL, BoolArray, Ranked, on_low_side


@dataclass(frozen=True, slots=True)
class People:
    """Everybody at the root, without the outcome: complete in treatment, trial and adjusters.

    Attributes
    ----------
    treatment : ndarray (n,)
    trial : ndarray (n,) of int
        0..K-1.
    adjusters : ndarray (n, a)
    trials : int
        K.
    """

    treatment: FloatArray
    trial: IntArray
    adjusters: FloatArray
    trials: int


@dataclass(frozen=True, slots=True)
class Base:
    """People of a node who have a value, in trials with both arms among them; all without the outcome.

    `rows` are places at the root; adjusters are centred within trials. `slopes` where trials have slopes of their own.
    """

    rows: IntArray
    treatment: FloatArray
    trial: IntArray
    adjusters: FloatArray
    products: CrossProducts  # the outcome is a column of zeros
    slopes: OwnSlopes | None = None

    @property
    def columns(self) -> FloatArray:
        """Columns whose sums over a set its fit needs, besides the outcome."""
        return self.slopes.columns if self.slopes else self.adjusters


@dataclass(frozen=True, slots=True)
class Grid:
    """The candidate splits of one moderator in one node, without the outcome.

    Attributes
    ----------
    base : Base
    bucket : ndarray of int
        Bucket of each row of the base.
    toggles : ndarray (G,) of int
        The bucket that enters or leaves S at each step.
    cuts : ndarray (G,) of int
        Rank of the largest value of S; for a nominal moderator the set of ranks in S as a number in binary.
    sums : ndarray (B, K, 2, 2 + a)
        By bucket, trial and arm: people, sums of the columns of the base (its adjusters), and zero.
    present : ndarray of int
        Ranks that occur.
    """

    base: Base
    bucket: IntArray
    toggles: IntArray
    cuts: IntArray
    sums: FloatArray
    present: IntArray


def make_base(people: People, rows: IntArray, options: Options | None = None) -> Base | None:
    """People of `rows` in trials with both arms; None where there is no such trial.

    `options` of a model with slopes per trial prepare it.
    """
    arms = np.bincount(2 * people.trial[rows] + (people.treatment[rows] == 1.0), minlength=2 * people.trials)
    both = arms.reshape(-1, 2).min(axis=1) > 0
    if not both.any():
        return None
    if not both.all():
        rows = rows[both[people.trial[rows]]]
    trial = (np.cumsum(both) - 1)[people.trial[rows]]
    treatment, adjusters = people.treatment[rows], people.adjusters[rows]
    labels = np.flatnonzero(both)
    nothing = np.empty((len(rows), 0))
    products = Columns(np.zeros(len(rows)), treatment, adjusters, nothing, trial, labels).cross_products()
    x = adjusters - products.mean[trial, 1:-1]
    own = options is not None and options.adjuster_slopes == "stratified"
    return Base(
        rows,
        treatment,
        trial,
        x,
        products,
        make_own_slopes(products, treatment, trial, x, options) if own and options else None,
    )


def make_grid(base: Base, moderator: Ranked, max_cuts: int) -> Grid | None:
    """The candidate splits of a moderator among the people of a base who all have it; None without any."""
    ranks = moderator.ranks[base.rows]
    counts = np.bincount(ranks, minlength=len(moderator.values))
    present = np.flatnonzero(counts)
    if len(present) < 2:
        return None
    if moderator.kind == NOMINAL:
        toggles, cuts = _level_sets(present)
        edges = present[:-1]
    else:
        edges = cuts = _cuts(counts, present, max_cuts)
        toggles = np.arange(len(cuts))
    bucket = np.searchsorted(edges, np.arange(len(counts)), side="left")[ranks]
    sums = np.zeros((len(edges) + 1, len(base.products.size), 2, 2 + base.columns.shape[1]))
    _sum_buckets(bucket, base.trial, base.treatment, base.columns, sums)
    return Grid(base, bucket, toggles, cuts, sums, present)


def _cuts(counts: IntArray, present: IntArray, max_cuts: int) -> IntArray:
    """Ranks to cut after: all that are present but the largest; quantiles (type 1) of the people where that is too many."""
    if len(present) - 1 <= max_cuts:
        return present[:-1]
    total = np.cumsum(counts)
    # the smallest value at or below which there are at least n j / (m + 1) people, in whole numbers
    wanted = -(-(np.arange(1, max_cuts + 1) * total[-1]) // (max_cuts + 1))
    at = np.unique(np.searchsorted(total, wanted))
    return np.asarray(at[at < present[-1]])


def _level_sets(present: IntArray) -> tuple[IntArray, IntArray]:
    """Buckets to toggle and the sets reached, over all ways to part the levels; the first level never enters S."""
    steps = np.arange(1, 2 ** (len(present) - 1))
    changed = np.array([int(step & -step).bit_length() for step in steps.tolist()], np.int64)
    sets = np.bitwise_xor.accumulate(np.left_shift(np.int64(1), present[changed]))
    return changed, sets


@kernel
def _sum_buckets(bucket, trial, treatment, x, sums):  # type: ignore[no-untyped-def]
    """Count people and add up the columns of x by bucket, trial and arm."""
    for j in range(bucket.shape[0]):
        cell = sums[bucket[j], trial[j], 1 if treatment[j] == 1.0 else 0]
        cell[0] += 1.0
        for k in range(x.shape[1]):
            cell[1 + k] += x[j, k]


@kernel
def _sum_outcome(bucket, trial, treatment, y, sums):  # type: ignore[no-untyped-def]
    """Add up the outcome likewise, in the last place."""
    last = sums.shape[3] - 1
    for j in range(bucket.shape[0]):
        sums[bucket[j], trial[j], 1 if treatment[j] == 1.0 else 0, last] += y[j]


@kernel
def _outcome_products(trial, treatment, x, y, out):  # type: ignore[no-untyped-def]
    """Sums of y times treatment, each x and y, by trial."""
    a = x.shape[1]
    for j in range(y.shape[0]):
        row = out[trial[j]]
        row[0] += treatment[j] * y[j]
        for k in range(a):
            row[1 + k] += x[j, k] * y[j]
        row[a + 1] += y[j] * y[j]


@kernel
def _sum_squares(bucket, trial, x, y, squares):  # type: ignore[no-untyped-def]
    """Packed products of (x, y), by bucket and trial."""
    a = x.shape[1]
    for j in range(y.shape[0]):
        cell = squares[bucket[j], trial[j]]
        at = 0
        for k in range(a):
            for h in range(k + 1):
                cell[at] += x[j, k] * x[j, h]
                at += 1
        for h in range(a):
            cell[at] += x[j, h] * y[j]
            at += 1
        cell[at] += y[j] * y[j]


@dataclass(frozen=True, slots=True)
class Observed:
    """A base with its outcome, centred within trials, and the cross-products of all columns.

    `prepared` is what the interactions of all moderators that nobody of the base lacks share, see `make_node`.
    """

    base: Base
    outcome: FloatArray
    products: CrossProducts
    prepared: tuple[Node | OwnNode, IntArray] | None


def observe(base: Base, outcome: FloatArray, options: Options) -> Observed:
    """Bring the outcome of everybody at the root to a base."""
    y = outcome[base.rows]
    mean = np.bincount(base.trial, y) / base.products.size
    y = y - mean[base.trial]
    x = base.products
    row = np.zeros((len(x.size), x.mean.shape[1]))
    _outcome_products(base.trial, base.treatment, base.adjusters, y, row)
    means, centred = x.mean.copy(), x.centred.copy()
    means[:, -1] = mean
    centred[:, -1, :] = row
    centred[:, :, -1] = row
    products = CrossProducts(x.labels, x.size, x.arms, x.missing, means, centred, x.adjusters, 0)
    if base.slopes is None:
        return Observed(base, y, products, make_node(products, options))
    node = make_own_node(products, base.slopes)
    swept = sweep_outcome(base.slopes, base.trial, y)
    return Observed(base, swept, products, (node, np.arange(base.adjusters.shape[1])) if node else None)


def fit_interactions(grid: Grid, seen: Observed, limits: IntArray, within: bool) -> FloatArray:
    """A row a candidate, as `fit_set` fills it; the state is 2 where a side is too small. It must be prepared."""
    assert seen.prepared is not None
    node, kept = seen.prepared
    sums = grid.sums.copy()
    _sum_outcome(grid.bucket, seen.base.trial, seen.base.treatment, seen.outcome, sums)
    if isinstance(node, OwnNode):
        values = np.full((len(grid.toggles), 7), np.nan)
        low, high, entered = _both_sides(sums)
        space = make_own_space(node)
        _own_interactions(sums, grid.toggles, limits, within, node, space, low, high, entered, values)
        return values
    if len(kept) < seen.base.adjusters.shape[1]:
        sums = np.ascontiguousarray(sums[:, :, :, [0, *(1 + kept), sums.shape[3] - 1]])
    values = np.full((len(grid.toggles), 7), np.nan)
    low, high, entered = _both_sides(sums)
    _interactions(sums, grid.toggles, limits, within, node, make_space(node), low, high, entered, values)
    return values


def fit_sides(grid: Grid, seen: Observed, limits: IntArray, random: bool) -> tuple[FloatArray, FloatArray]:
    """A row a candidate for the low and the high side, as `fit_inside` fills it; the state is 2 where one is too small."""
    base = seen.base
    trials, a = len(base.products.size), base.adjusters.shape[1]
    sums = grid.sums.copy()
    _sum_outcome(grid.bucket, base.trial, base.treatment, seen.outcome, sums)
    squares = np.zeros((len(sums), trials, (a + 1) * (a + 2) // 2))
    _sum_squares(grid.bucket, base.trial, base.adjusters, seen.outcome, squares)
    values = np.full((2, len(grid.toggles), 7), np.nan)
    low, high, entered = _both_sides(sums)
    low_squares, high_squares, _ = _both_sides(squares)
    space = make_inside_space(trials, a)
    spread = np.einsum("kii->i", seen.products.centred)[1:-1]
    least = HARDLY_VARIES * spread / float(base.products.size.sum())
    _sides(
        sums, squares, grid.toggles, limits, random, least, space, low, high, low_squares, high_squares, entered, values
    )
    return values[0], values[1]


def _both_sides(sums: FloatArray) -> tuple[FloatArray, FloatArray, BoolArray]:
    """Sums of the low and the high side before the first step, and which buckets have entered the low side."""
    return np.zeros(sums.shape[1:]), sums.sum(axis=0), np.zeros(len(sums), bool)


@kernel
def _toggle(bucket, entered, sums, low, high):  # type: ignore[no-untyped-def]
    """Bring the sums of a bucket from the high to the low side, or back where it has entered the low side before."""
    sign = -1.0 if entered[bucket] else 1.0
    change, flat_low, flat_high = sums[bucket].reshape(-1), low.reshape(-1), high.reshape(-1)
    for k in range(change.shape[0]):
        flat_low[k] += sign * change[k]
        flat_high[k] -= sign * change[k]


@kernel
def _large_enough(side, limits):  # type: ignore[no-untyped-def]
    """Whether a side holds enough people, people of each arm and trials with both arms."""
    control = 0.0
    intervention = 0.0
    both = 0
    for i in range(side.shape[0]):
        control += side[i, 0, 0]
        intervention += side[i, 1, 0]
        if side[i, 0, 0] > 0.0 and side[i, 1, 0] > 0.0:
            both += 1
    return control + intervention >= limits[0] and min(control, intervention) >= limits[1] and both >= limits[2]


@kernel
def _interactions(sums, toggles, limits, within, node, space, low, high, entered, out):  # type: ignore[no-untyped-def]
    """Fit all candidates; the lambda of one is where the search of the next starts."""
    warm = -1.0
    for g in range(toggles.shape[0]):
        _toggle(toggles[g], entered, sums, low, high)
        entered[toggles[g]] = not entered[toggles[g]]
        if not (_large_enough(low, limits) and _large_enough(high, limits)):
            out[g, 6] = 2.0
            continue
        for i in range(low.shape[0]):
            enter(i, low[i], within, node, space)
        lam = fit_entered(warm, node, space, out[g])
        if lam > 0.0:
            warm = lam


@kernel
def _own_interactions(sums, toggles, limits, within, node, space, low, high, entered, out):  # type: ignore[no-untyped-def]
    """The same where trials have slopes of their own."""
    warm = -1.0
    for g in range(toggles.shape[0]):
        _toggle(toggles[g], entered, sums, low, high)
        entered[toggles[g]] = not entered[toggles[g]]
        if not (_large_enough(low, limits) and _large_enough(high, limits)):
            out[g, 6] = 2.0
            continue
        lam = fit_own(
            low,
            within,
            warm,
            node,
            space.local,
            space.a0,
            space.rows,
            space.g,
            space.u,
            space.work,
            space.record,
            out[g],
        )
        if lam > 0.0:
            warm = lam


@kernel
def _fit_side(side, squares, random, least, space, values):  # type: ignore[no-untyped-def]
    """Fit one side; state -1 where an adjuster varies so little there that the sums of the node hide it."""
    fit_inside(side, squares, random, space, values)
    people = 0.0
    for i in range(side.shape[0]):
        if side[i, 0, 0] > 0.0 and side[i, 1, 0] > 0.0:
            people += side[i, 0, 0] + side[i, 1, 0]
    for k in range(least.shape[0]):
        if space.a0[(k + 1) * (k + 2) // 2 + k + 1] <= least[k] * people:
            values[6] = -1.0


@kernel
def _sides(sums, squares, toggles, limits, random, least, space, low, high, low_squares, high_squares, entered, out):  # type: ignore[no-untyped-def]
    """Fit the effect of treatment on both sides of all candidates."""
    for g in range(toggles.shape[0]):
        _toggle(toggles[g], entered, sums, low, high)
        _toggle(toggles[g], entered, squares, low_squares, high_squares)
        entered[toggles[g]] = not entered[toggles[g]]
        if not (_large_enough(low, limits) and _large_enough(high, limits)):
            out[0, g, 6] = 2.0
            out[1, g, 6] = 2.0
            continue
        _fit_side(low, low_squares, random, least, space, out[0, g])
        _fit_side(high, high_squares, random, least, space, out[1, g])


def low_side(grid: Grid, moderator: Ranked, cut: int) -> BoolArray:
    """Which rows of the base stand on the low side of a candidate."""
    return on_low_side(moderator.ranks[grid.base.rows], moderator.kind, cut)


def side_counts(grid: Grid, place: int) -> tuple[IntArray, IntArray]:
    """People by trial and arm (K, 2) on the low and the high side of a candidate."""
    low = np.bincount(grid.toggles[: place + 1], minlength=len(grid.sums)) % 2 == 1  # toggled an odd number of times
    people = grid.sums[..., 0].astype(np.int64)
    return people[low].sum(axis=0), people[~low].sum(axis=0)
