"""The search of recursive partitioning: a tree of nodes, each split by its best moderators.

In: treatment, trial, adjusters and moderators once, and one outcome after another. Out: the tree, as data.
Method: each node is split by each moderator at its best cut, the best moderators give children, and these are split in
their turn (`_grow`, `_best_splits`, `_reject`); the papers are named in partition.py.
`Search` holds what does not depend on the outcome: ranks, who is at the root, and the candidate splits of the root.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .crossproducts import FloatArray, IntArray, columns
from .effect import Effect
from .effective_cuts import effective_splits, log_sidak
from .event_fits import EventFits
from .event_groups import EventGroupFit
from .event_null import EventNull
from .one_step import OneStepFit
from .partition_candidates import LinearFits
from .partition_settings import Settings, check, make_settings
from .ranks import NOMINAL, BoolArray, Ranked, rank, rule_of, those
from .splits import Grid, People, make_base, side_counts
from .subgroups import Moderator, Rule, Side, Split, TreeNode, Tried

Fits = LinearFits | EventFits
GroupFit = OneStepFit | EventGroupFit
AnyBase = Any  # people of a node as the model of a search prepares them


@dataclass(frozen=True, slots=True, eq=False)
class Search:
    """A search prepared for any outcome of the same people: numbers, ranks, and the candidate splits of the root.

    `rows` are the places of the people at the root among the participants as given; `base` is everybody at the root, as the
    model of `fits` prepares them. `left_out` are moderators that are not searched, with the reason.
    """

    settings: Settings
    people: People
    rows: IntArray
    moderators: tuple[Ranked, ...]
    fits: Fits
    base: AnyBase
    grids: tuple[Grid | None, ...]
    left_out: Mapping[str, str] = field(default_factory=dict)

    @property
    def null(self) -> EventNull | None:
        """Of events the model without any split; None of a continuous outcome."""
        return self.fits.null if isinstance(self.fits, EventFits) else None

    def run(self, outcome: FloatArray) -> tuple[TreeNode, ...]:
        """Grow the tree for one outcome, given for all participants; those at the root must have a value."""
        tree: list[TreeNode] = []
        if self.base is not None:
            rows = np.arange(len(self.rows))
            _grow(self, outcome[self.rows], tree, TreeNode(0, -1, 0, (), rows, 0, (), {}))
            tree[0] = replace(tree[0], untried={**self.left_out, **tree[0].untried})
        return tuple(tree)

    def counting(self, more: int) -> Search:
        """Return the same search with so many more moderators sorted out before; see `across_extra` of `partition`."""
        if not more:
            return self
        return replace(self, settings=replace(self.settings, across_extra=self.settings.across_extra + more))

    def those(self, rows: IntArray, rule: Rule) -> IntArray:
        """Which of some people at the root fulfil a rule."""
        moderator = next(item for item in self.moderators if item.name == rule.moderator)
        return those(rows, moderator, rule)

    def fit(self, y: FloatArray, rows: IntArray, moderator: FloatArray | None = None) -> GroupFit:
        """One separate fit to people at the root."""
        return self.fits.fit(y, rows, moderator)


def prepare(
    treatment: ArrayLike,
    trial: ArrayLike,
    moderators: Mapping[str, Moderator],
    observed: BoolArray,
    *,
    adjusters: ArrayLike | None = None,
    **parameters: Any,
) -> Search:
    """Prepare a search for any outcome of the same people.

    Parameters
    ----------
    treatment, trial, adjusters : array_like
        As for `partition`.
    moderators : mapping of str to array_like (n,) or Levels
    observed : ndarray (n,) of bool
        Who has an outcome.
    **parameters
        Those of `partition`, all of them; the `settings` of a result serve.

    Returns
    -------
    Search

    Raises
    ------
    ValueError
        As for `partition`.

    Examples
    --------
    >>> from reportgen.stats import partition
    >>> from reportgen.stats.subgroups import smallest_log_p
    >>> rng = np.random.default_rng(1)
    >>> trial, treatment = np.repeat(["a", "b", "c"], 200), np.tile([0.0, 1.0], 300)
    >>> moderators = {"age": rng.integers(20, 70, 600), "pain": rng.normal(size=600)}
    >>> outcome = treatment * (moderators["age"] <= 45) + rng.normal(size=600)
    >>> found = partition(outcome, treatment, trial, moderators)
    >>> search = prepare(treatment, trial, moderators, np.ones(600, bool), **found.settings)
    >>> flipped = [search.run(outcome * rng.choice([-1.0, 1.0], 600)) for _ in range(20)]
    >>> sum(smallest_log_p(tree) <= found.log_p for tree in flipped)
    0
    """
    check(parameters, moderators, len(observed))
    table = columns(np.where(observed, 0.0, np.nan), treatment, trial, adjusters)
    complete = observed & ~np.isnan(table.treatment + table.adjusters.sum(axis=1)) & (table.codes >= 0)
    everybody = People(table.treatment, table.codes, table.adjusters, len(table.labels))
    all_trials = make_base(everybody, np.flatnonzero(complete)) if complete.any() else None
    rows = all_trials.rows if all_trials is not None else np.zeros(0, np.int64)
    trials, own = np.unique(table.codes[rows], return_inverse=True)
    people = People(table.treatment[rows], own.astype(np.int64), table.adjusters[rows], len(trials))
    settings = make_settings(parameters, len(rows))
    return with_root(settings, people, rows, moderators, LinearFits(people, settings))


def with_root(
    settings: Settings, people: People, rows: IntArray, moderators: Mapping[str, Moderator], fits: Fits
) -> Search:
    """Return a search with the candidate splits of its root."""
    everybody = np.arange(len(rows))
    ranked = tuple(rank(name, values, rows) for name, values in moderators.items())
    base = fits.base(everybody) if len(rows) else None
    grids = tuple(_grids(fits, everybody, ranked, base)) if base is not None else ()
    return Search(settings, people, rows, ranked, fits, base, grids)


def _grow(search: Search, y: FloatArray, tree: list[TreeNode], node: TreeNode) -> TreeNode:
    """Split a node by each moderator not yet used on its path, keep the best splits, and go on from their children."""
    place = len(tree)
    node = replace(node, number=place)
    tree.append(node)
    if node.level == search.settings.depth:
        return node
    splits, untried = _best_splits(search, y, node)
    decided = []
    for order, split in enumerate(splits):
        reason = _reject(search, y, node, split, order)
        child = -1
        if not reason:
            child = _grow(search, y, tree, _child(search, node, split)).number
        decided.append(replace(split, kept=not reason, reason=reason, child_node=child))
    tree[place] = replace(node, multiplicity=len(splits), splits=tuple(decided), untried=untried)
    return tree[place]


def _best_splits(search: Search, y: FloatArray, node: TreeNode) -> tuple[list[Split], dict[str, str]]:
    """The best split of each moderator, by adjusted p."""
    used = frozenset(rule.moderator for rule in node.rules)
    root = node.level == 0
    base = search.base if root else search.fits.base(node.rows)
    grids: Any = search.grids if root else _grids(search.fits, node.rows, search.moderators, base, used)
    observed: dict[int, Any] = {}
    splits, untried = [], {}
    for moderator, grid in zip(search.moderators, grids, strict=True):
        if moderator.name in used:
            continue
        if grid is None:
            untried[moderator.name] = "it has fewer than two values among these people, in trials with both arms"
            continue
        if id(grid.base) not in observed:
            observed[id(grid.base)] = search.fits.observe(grid, y)
        places, tried = search.fits.try_all(y, moderator, grid, observed[id(grid.base)])
        if len(places) == 0:
            enough = "people, arms and trials" if search.fits.linear else "people, arms, trials and events"
            untried[moderator.name] = f"no split leaves enough {enough} on both sides, or none can be fitted"
            continue
        splits.append(_best(search, moderator, grid, places, tried))
    across = float(len(splits) + search.settings.across_extra) if search.settings.across == "sidak" else 1.0
    splits = [replace(split, log_p_node=float(log_sidak(split.log_p_adjusted, across))) for split in splits]
    splits.sort(
        key=lambda item: (item.log_p_adjusted, -abs(item.statistic))
    )  # stable: then the order of the moderators
    return splits, untried


def _best(search: Search, moderator: Ranked, grid: Grid, places: IntArray, tried: Tried) -> Split:
    """The candidate with the smallest p, and what it says."""
    settings = search.settings
    at = first(tried.log_p, tried.statistic, grid.cuts[places])
    effective = effective_splits(len(places), len(grid.present), moderator.kind == NOMINAL, settings.multiplicity)
    low, high = _sides_of(moderator, grid, int(places[at]))
    gains = tried.statistic[at] if np.isnan(tried.z_low[at]) else tried.z_low[at] - tried.z_high[at]
    return Split(
        moderator.name,
        low,
        high,
        "low" if gains * search.fits.gain > 0.0 else "high",
        float(tried.estimate[at]),
        float(tried.std_error[at]),
        float(tried.df[at]),
        float(tried.statistic[at]),
        float(tried.log_p[at]),
        float(log_sidak(tried.log_p[at], effective)),
        np.nan,
        len(places),
        effective,
        False,
        "",
        -1,
        tried,
    )


def first(log_p: FloatArray, statistic: FloatArray, cuts: IntArray) -> int:
    """Place of the smallest p; ties: larger |z|, then the smaller cut.

    Examples
    --------
    >>> first(np.array([-3.0, -9.0, -9.0, -9.0]), np.array([1.0, -4.0, 3.0, 4.0]), np.array([0, 3, 1, 2]))
    3
    """
    return int(np.lexsort((cuts, -np.abs(statistic), log_p))[0])


def _reject(search: Search, y: FloatArray, node: TreeNode, split: Split, order: int) -> str:
    """Why a split is not kept, or an empty sentence."""
    settings = search.settings
    if order >= settings.width:
        return f"it is not among the {settings.width} moderators with the smallest adjusted p"
    if settings.criterion == "interaction":
        kept = split.log_p_node <= np.log(settings.alpha)
        return "" if kept else f"p of the node is {split.p_node:.3g}, above alpha = {settings.alpha:g}."
    if settings.gamma is None:
        return ""
    gamma = settings.gamma[node.level]
    parent = _one_sided(search.fit(y, node.rows).effect)
    child = _one_sided(search.fit(y, _child(search, node, split).rows).effect)
    if child <= np.log(gamma) + parent:
        return ""
    return f"one-sided p of treatment in the child is not at most {gamma:g} times that in the parent"


def _child(search: Search, node: TreeNode, split: Split) -> TreeNode:
    """The side that gains more."""
    rule = (split.low if split.child == "low" else split.high).rule
    rows = search.those(node.rows, rule)
    return TreeNode(-1, node.number, node.level + 1, (*node.rules, rule), rows, 0, (), {})


def _grids(
    fits: Fits,
    rows: IntArray,
    moderators: tuple[Ranked, ...],
    base: AnyBase,
    used: frozenset[str] = frozenset(),
) -> list[Grid | None]:
    """The candidate splits of each moderator among some people; `base` is all of them, for moderators nobody lacks."""
    grids: list[Grid | None] = []
    for moderator in moderators:
        has = moderator.ranks[rows] >= 0
        own: AnyBase = None
        if base is not None and moderator.name not in used and has.any():
            own = base if has.all() else fits.base(rows[has])
        grids.append(fits.grid(own, moderator) if own is not None else None)
    return grids


def _sides_of(moderator: Ranked, grid: Grid, place: int) -> tuple[Side, Side]:
    """Rules of both sides of a candidate, and how many people of the base stand on them."""
    cut = int(grid.cuts[place])
    low, high = (
        Side(
            rule_of(moderator, grid.present, cut, is_low),
            int(arms[:, 0].sum()),
            int(arms[:, 1].sum()),
            int((arms.min(axis=1) > 0).sum()),
        )
        for is_low, arms in zip((True, False), side_counts(grid, place), strict=True)
    )
    return low, high


def _one_sided(effect: Effect) -> float:
    """Logarithm of the one-sided p of a positive effect; 0 without an estimate."""
    z, two_sided = float(effect.statistic), float(effect.log_p)
    if np.isnan(z):
        return 0.0
    return two_sided - float(np.log(2.0)) if z > 0.0 else float(np.log1p(-0.5 * np.exp(two_sided)))
