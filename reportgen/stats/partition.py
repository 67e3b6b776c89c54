"""RP: recursive partitioning of the participants of several trials by mixed models (IPD-SIDES).

In: participants of several trials, and moderators measured before randomisation. Out: subgroups in which treatment does
more than in the others, with the effects inside and outside, and the whole search as data.
Method: Mistry, Stallard & Underwood 2018 (Stat Med 37:3047), after SIDES (Lipkovich, Dmitrienko, Denne & Enas 2011,
Stat Med 30:2601). A parent is split by each moderator at the cut with the smallest p; the `width` best moderators may
each give a child, the side that gains more, and children are split in their turn, down to `depth` rules.
`Search` holds what does not depend on the outcome and is run for one outcome after another, as resampling does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .candidate import DF, ESTIMATE, INADMISSIBLE, NOT_CONVERGED, STATE, VARIANCE, unsound
from .criteria import SCORES
from .crossproducts import FloatArray, IntArray, columns
from .design import Options
from .effect import Effect, student_log_p
from .effective_cuts import effective_splits, log_sidak
from .levels import Levels
from .one_step import OneStepFit, fit_one_step
from .splits import (
    MAX_LEVELS,
    NOMINAL,
    NUMERIC,
    ORDERED,
    Base,
    BoolArray,
    Grid,
    Observed,
    People,
    Ranked,
    fit_interactions,
    fit_sides,
    inside,
    low_side,
    make_base,
    make_grid,
    observe,
)
from .subgroups import (
    Group,
    Missing,
    Moderator,
    Partition,
    Rule,
    Side,
    Split,
    Subgroup,
    TreeNode,
    Tried,
    gather,
)

CHOICES = {
    "criterion": ("interaction", "differential", "maximum", "directional"),
    "multiplicity": ("sidak-modified", "sidak", "none"),
    "across": ("sidak", "none"),
    "information": ("pooled", "within"),
    "treatment_effect": ("random", "common"),
}
SMALLEST_SHARE = 0.05  # of the people at the root, for the default of min_size
SMALLEST_SIZE = 50


@dataclass(frozen=True, slots=True)
class Settings:
    """Parameters of a search; see `partition`."""

    criterion: str
    multiplicity: str
    across: str
    alpha: float
    gamma: tuple[float, ...] | None
    depth: int
    width: int
    information: str
    min_size: int
    min_arm: int
    min_trials: int
    max_cuts: int
    treatment_effect: str

    @property
    def options(self) -> Options:
        """Options of each fit."""
        return Options(treatment_effect=self.treatment_effect)

    @property
    def random(self) -> bool:
        """Whether the effect of treatment varies between trials."""
        return self.treatment_effect == "random"

    @property
    def limits(self) -> IntArray:
        """What each side of a split has to hold."""
        return np.array([max(self.min_size, 1), max(self.min_arm, 1), max(self.min_trials, 0)], np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Search:
    """A search prepared for any outcome of the same people: numbers, ranks, and the candidate splits of the root.

    `rows` are the places of the people at the root among the participants as given; `base` is everybody at the root.
    """

    settings: Settings
    people: People
    rows: IntArray
    moderators: tuple[Ranked, ...]
    base: Base | None
    grids: tuple[Grid | None, ...]

    def run(self, outcome: FloatArray) -> tuple[TreeNode, ...]:
        """Grow the tree for one outcome, given for all participants; those at the root must have a value."""
        tree: list[TreeNode] = []
        if self.base is not None:
            rows = np.arange(len(self.rows))
            _grow(self, outcome[self.rows], tree, TreeNode(0, -1, 0, (), rows, 0, (), {}))
        return tuple(tree)


def partition(
    outcome: ArrayLike,
    treatment: ArrayLike,
    trial: ArrayLike,
    moderators: Mapping[str, Moderator],
    *,
    adjusters: ArrayLike | None = None,
    criterion: str = "interaction",
    multiplicity: str = "sidak-modified",
    across: str = "sidak",
    alpha: float = 0.05,
    gamma: float | Sequence[float] | None = 1.0,
    depth: int = 2,
    width: int = 3,
    information: str = "pooled",
    min_size: int | None = None,
    min_arm: int = 10,
    min_trials: int = 2,
    max_cuts: int = 100,
    treatment_effect: str = "random",
) -> Partition:
    """Search for subgroups in which treatment does more than in the other participants.

    Parameters
    ----------
    outcome, treatment, trial, adjusters : array_like
        As for `fit_one_step`; larger outcomes are better.
    moderators : mapping of str to array_like (n,) or Levels
        Numbers, NaN = missing, or levels, ordered or not. Each moderator is tried on those who have it: who has no
        value belongs to neither side of a split by it, and the split is fitted among those who have one, in the trials
        that have both arms among them. Unordered ones have at most 10 levels; all ways to part them in two are tried.
    criterion : {"interaction", "differential", "maximum", "directional"}
        "interaction": two-sided p of t x S in the one-step model of the parent (Kenward-Roger). The others are scores of
        SIDES from separate fits of both sides: the difference of their z, the larger z, or the larger p of both.
    multiplicity : {"sidak-modified", "sidak", "none"}
        How p of the best of G cuts is adjusted: as the best of G^(1 - r*) independent ones, of G, or not at all. r* is that
        of differences between sides, also for "maximum" and "directional".
    across : {"sidak", "none"}
        Whether the p of a node is adjusted for the number of moderators with an admissible split there.
    alpha : float
        With "interaction" a split is kept if its p of the node is at most alpha.
    gamma : float, sequence of float (one per level) or None
        With the other criteria a split is kept if one-sided p of treatment in the child is at most gamma times that in
        the parent; None keeps all.
    depth, width : int
        Rules per subgroup; moderators per node that may be split.
    information : {"pooled", "within"}
        "within": S minus its mean in the trial takes the place of S in t x S, so that differences between trials do not
        count. Of no consequence for criteria other than "interaction".
    min_size, min_arm, min_trials : int
        Each side of a split holds so many people, people of each arm, and trials with both arms. `min_size` is by default
        50 or 5 % of the people at the root, whatever is more.
    max_cuts : int
        Above so many cuts, quantiles of the people in the node are tried (type 1: observed values).
    treatment_effect : {"random", "common"}

    Returns
    -------
    Partition

    Raises
    ------
    ValueError
        As for `fit_one_step`, and for parameters out of range, all of them named.

    Notes
    -----
    Ties: larger \\|z\\|, then the order of the moderators, then the smaller cut. With one trial, no adjuster,
    ``criterion="differential"`` and ``min_trials=1`` this is SIDES. A subgroup that was searched for looks better than it
    is: p values of nodes are adjusted within the node, not for the whole tree.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> trial, treatment = np.repeat(["a", "b", "c"], 200), np.tile([0.0, 1.0], 300)
    >>> age, pain = rng.integers(20, 70, 600), rng.normal(size=600)
    >>> outcome = treatment * (age <= 45) + pain + rng.normal(size=600)
    >>> found = partition(outcome, treatment, trial, {"age": age, "pain": pain}, adjusters=pain, depth=1)
    >>> [(rule.moderator, rule.kind, rule.value) for one in found.subgroups for rule in one.rules]
    [('age', '<=', 45.0)]
    """
    table = columns(outcome, treatment, trial, adjusters)
    whole = fit_one_step(outcome, treatment, trial, adjusters=adjusters, treatment_effect=treatment_effect)
    search = prepare(
        treatment,
        trial,
        moderators,
        ~np.isnan(table.outcome),
        adjusters=adjusters,
        criterion=criterion,
        multiplicity=multiplicity,
        across=across,
        alpha=alpha,
        gamma=gamma,
        depth=depth,
        width=width,
        information=information,
        min_size=min_size,
        min_arm=min_arm,
        min_trials=min_trials,
        max_cuts=max_cuts,
        treatment_effect=treatment_effect,
    )
    tree = search.run(table.outcome)
    root = np.zeros(len(table.outcome), bool)
    root[search.rows] = True
    return Partition(
        _describe(search, table.outcome, tree),
        tree,
        gather(tree),
        _as_group((), root, whole),
        tuple(_missing(search.people, moderator) for moderator in search.moderators),
        whole.left_out,
        {name: getattr(search.settings, name) for name in Settings.__slots__},
    )


def prepare(
    treatment: ArrayLike,
    trial: ArrayLike,
    moderators: Mapping[str, Moderator],
    observed: BoolArray,
    *,
    adjusters: ArrayLike | None = None,
    **parameters: Any,
) -> Search:
    """Prepare a search for any outcome with the same people observed; parameters as for `partition`, all of them."""
    _check(parameters, moderators, len(observed))
    table = columns(np.where(observed, 0.0, np.nan), treatment, trial, adjusters)
    complete = observed & ~np.isnan(table.treatment + table.adjusters.sum(axis=1)) & (table.codes >= 0)
    everybody = People(table.treatment, table.codes, table.adjusters, len(table.labels))
    all_trials = make_base(everybody, np.flatnonzero(complete)) if complete.any() else None
    rows = all_trials.rows if all_trials is not None else np.zeros(0, np.int64)
    trials, own = np.unique(table.codes[rows], return_inverse=True)
    people = People(table.treatment[rows], own.astype(np.int64), table.adjusters[rows], len(trials))
    settings = _settings(parameters, len(rows))
    ranked = tuple(_rank(name, values, rows) for name, values in moderators.items())
    base = make_base(people, np.arange(len(rows))) if len(rows) else None
    grids = tuple(_grids(people, np.arange(len(rows)), ranked, base, settings)) if base is not None else ()
    return Search(settings, people, rows, ranked, base, grids)


# --- the search, as section 5 of the design says it ----------------------------------------------------------------


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
    used = {rule.moderator for rule in node.rules}
    root = node.level == 0
    base = search.base if root else make_base(search.people, node.rows)
    grids = search.grids if root else _grids(search.people, node.rows, search.moderators, base, search.settings, used)
    observed: dict[int, Observed] = {}
    splits, untried = [], {}
    for moderator, grid in zip(search.moderators, grids, strict=True):
        if moderator.name in used:
            continue
        if grid is None:
            untried[moderator.name] = "It has fewer than two values among these people, in trials with both arms."
            continue
        if id(grid.base) not in observed:
            observed[id(grid.base)] = observe(grid.base, y, search.settings.options)
        places, tried = _try_all(search, y, moderator, grid, observed[id(grid.base)])
        if len(places) == 0:
            untried[moderator.name] = (
                "No split leaves enough people, arms and trials on both sides, or none can be fitted."
            )
            continue
        splits.append(_best(search.settings, moderator, grid, places, tried))
    across = float(len(splits)) if search.settings.across == "sidak" else 1.0
    splits = [replace(one, log_p_node=float(log_sidak(one.log_p_adjusted, across))) for one in splits]
    splits.sort(key=lambda one: (one.log_p_adjusted, -abs(one.statistic)))  # stable: then the order of the moderators
    return splits, untried


def _best(settings: Settings, moderator: Ranked, grid: Grid, places: IntArray, tried: Tried) -> Split:
    """The candidate with the smallest p, and what it says."""
    at = first(tried.log_p, tried.statistic, grid.cuts[places])
    effective = effective_splits(len(places), grid.levels, moderator.kind == NOMINAL, settings.multiplicity)
    low, high = _sides_of(moderator, grid, int(places[at]))
    gains = tried.statistic[at] if np.isnan(tried.z_low[at]) else tried.z_low[at] - tried.z_high[at]
    return Split(
        moderator.name,
        low,
        high,
        "low" if gains > 0.0 else "high",
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
        return f"It is not among the {settings.width} moderators with the smallest adjusted p."
    if settings.criterion == "interaction":
        kept = split.log_p_node <= np.log(settings.alpha)
        return "" if kept else f"p of the node is {split.p_node:.3g}, above alpha = {settings.alpha:g}."
    if settings.gamma is None:
        return ""
    gamma = settings.gamma[node.level]
    parent = _one_sided(_fit(search, y, node.rows).effect)
    child = _one_sided(_fit(search, y, _child(search, node, split).rows).effect)
    if child <= np.log(gamma) + parent:
        return ""
    return f"One-sided p of treatment in the child is not at most {gamma:g} times that in the parent."


def _child(search: Search, node: TreeNode, split: Split) -> TreeNode:
    """The side that gains more."""
    rule = (split.low if split.child == "low" else split.high).rule
    rows = _those(search, node.rows, rule)
    return TreeNode(-1, node.number, node.level + 1, (*node.rules, rule), rows, 0, (), {})


# --- candidates of one moderator --------------------------------------------------------------------------------------


def _try_all(search: Search, y: FloatArray, moderator: Ranked, grid: Grid, seen: Observed) -> tuple[IntArray, Tried]:
    """Places in the grid of the candidates that are admissible and could be fitted, and their fits."""
    if search.settings.criterion == "interaction":
        estimate, std_error, df = _interactions(search, y, moderator, grid, seen)
        z_low = z_high = np.full(len(estimate), np.nan)
        with np.errstate(invalid="ignore", divide="ignore"):
            z = estimate / std_error
        log_p = student_log_p(z, df)
    else:
        (low, low_error), (high, high_error) = _both_sides(search, y, moderator, grid, seen)
        with np.errstate(invalid="ignore", divide="ignore"):
            z_low, z_high = low / low_error, high / high_error
        estimate, std_error = low - high, np.hypot(low_error, high_error)
        z, df = (z_low - z_high) / np.sqrt(2.0), np.full(len(low), np.nan)
        log_p = SCORES[search.settings.criterion](z_low, z_high)
    at = np.flatnonzero(~np.isnan(log_p))
    cut, level_set = _cut_columns(moderator, grid.cuts[at])
    return at, Tried(
        cut, level_set, estimate[at], std_error[at], df[at], z[at], z_low[at], z_high[at], np.asarray(log_p[at], float)
    )


def _interactions(
    search: Search, y: FloatArray, moderator: Ranked, grid: Grid, seen: Observed
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Estimate, standard error and df of t x S for all candidates; NaN where not admissible or not estimable."""
    settings, base = search.settings, seen.base
    if seen.prepared is None:
        nothing = np.full(len(grid.cuts), np.nan)
        return nothing, nothing, nothing
    node, kept = seen.prepared
    values = fit_interactions(grid, seen, settings.limits, settings.information == "within")
    admissible = (values[:, STATE] != INADMISSIBLE) & (values[:, STATE] != NOT_CONVERGED)
    with np.errstate(invalid="ignore"):
        std_error = np.sqrt(values[:, VARIANCE])
    floor = len(base.products.size) - 1.0 if settings.random else 0.0
    df = np.maximum(values[:, DF], floor) if node.random else np.full(len(values), node.contrasts - len(kept) - 3)
    estimate = values[:, ESTIMATE]
    for g in np.flatnonzero(admissible & unsound(values, seen.products)):
        s = low_side(grid, moderator, int(grid.cuts[g])).astype(float)
        one = _fit(search, y, base.rows, _moderator_column(settings.information, s, base)).interaction
        assert one is not None
        estimate[g], std_error[g], df[g] = float(one.estimate), float(one.std_error), float(one.df)
    return np.where(admissible, estimate, np.nan), std_error, df


def _moderator_column(information: str, s: FloatArray, base: Base) -> FloatArray:
    """S, or S minus its mean in each trial."""
    if information == "pooled":
        return s
    return np.asarray(s - (np.bincount(base.trial, s) / base.products.size)[base.trial])


def _both_sides(
    search: Search, y: FloatArray, moderator: Ranked, grid: Grid, seen: Observed
) -> tuple[tuple[FloatArray, FloatArray], ...]:
    """Estimate and standard error of the effect on the low and the high side of all candidates."""
    settings, out = search.settings, []
    for side, values in enumerate(fit_sides(grid, seen, settings.limits, settings.random)):
        admissible = (values[:, STATE] != INADMISSIBLE) & (values[:, STATE] != NOT_CONVERGED)
        with np.errstate(invalid="ignore"):
            estimate, std_error = values[:, ESTIMATE], np.sqrt(values[:, VARIANCE])
        for g in np.flatnonzero(admissible & unsound(values, seen.products)):
            low = low_side(grid, moderator, int(grid.cuts[g]))
            one = _fit(search, y, seen.base.rows[low if side == 0 else ~low]).effect
            estimate[g], std_error[g] = float(one.estimate), float(one.std_error)
        out.append((np.where(admissible, estimate, np.nan), std_error))
    return tuple(out)


def _grids(
    people: People,
    rows: IntArray,
    moderators: tuple[Ranked, ...],
    base: Base | None,
    settings: Settings,
    used: Any = (),
) -> list[Grid | None]:
    """The candidate splits of each moderator among some people; `base` is all of them, for moderators nobody lacks."""
    grids: list[Grid | None] = []
    for moderator in moderators:
        has = moderator.ranks[rows] >= 0
        own = None
        if base is not None and moderator.name not in used and has.any():
            own = base if has.all() else make_base(people, rows[has])
        grids.append(make_grid(own, moderator, settings.max_cuts) if own is not None else None)
    return grids


# --- rules and people -----------------------------------------------------------------------------------------------


def _rank(name: str, values: Moderator, rows: IntArray) -> Ranked:
    """Ranks among the values that occur at the root."""
    ranks = np.full(len(rows), -1, np.int64)
    occur: Any
    if isinstance(values, Levels):
        codes = values.codes[rows]
        occur, ranks[codes >= 0] = np.unique(codes[codes >= 0], return_inverse=True)
        kind = ORDERED if values.ordered else NOMINAL
        return Ranked(name, kind, ranks, np.asarray(occur, float), values.levels)
    numbers = np.asarray(values, float)[rows]
    has = ~np.isnan(numbers)
    occur, ranks[has] = np.unique(numbers[has], return_inverse=True)
    return Ranked(name, NUMERIC, ranks, occur, ())


def _sides_of(moderator: Ranked, grid: Grid, place: int) -> tuple[Side, Side]:
    """Rules of both sides of a candidate, and how many people of the base stand on them."""
    low = np.bincount(grid.toggles[: place + 1], minlength=len(grid.sums)) % 2 == 1
    cut = int(grid.cuts[place])
    out = []
    for side in (low, ~low):
        arms = grid.sums[side, :, :, 0].sum(axis=0)
        rule = _rule(moderator, grid, cut, side is low)
        both = int((arms.min(axis=1) > 0).sum())
        out.append(Side(rule, int(arms[:, 0].sum()), int(arms[:, 1].sum()), both))
    return out[0], out[1]


def _rule(moderator: Ranked, grid: Grid, cut: int, low: bool) -> Rule:
    if moderator.kind == NOMINAL:
        present = np.unique(moderator.ranks[grid.base.rows])
        side = present[inside(present, NOMINAL, cut) == low]
        return Rule(moderator.name, "in", np.nan, _level_names(moderator, side))
    names: tuple[str, ...] = ()
    if moderator.kind == ORDERED:
        # levels between the cut and the next value that occurs stand with the low side: "at most this level"
        codes = np.arange(len(moderator.levels))
        names = tuple(moderator.levels[k] for k in codes[(codes <= moderator.values[cut]) == low])
    return Rule(moderator.name, "<=" if low else ">", float(moderator.values[cut]), names)


def _level_names(moderator: Ranked, ranks: IntArray) -> tuple[str, ...]:
    return tuple(moderator.levels[int(moderator.values[k])] for k in ranks)


def _cut_columns(moderator: Ranked, cuts: IntArray) -> tuple[FloatArray, IntArray]:
    """Cuts as values, sets of ranks as sets of codes."""
    if moderator.kind != NOMINAL:
        return moderator.values[cuts], np.full(len(cuts), -1, np.int64)
    codes = moderator.values.astype(np.int64)
    bits = (cuts[:, None] >> np.arange(len(codes))) & 1
    return np.full(len(cuts), np.nan), np.asarray((bits << codes).sum(axis=1))


def _those(search: Search, rows: IntArray, rule: Rule) -> IntArray:
    """Which of some people fulfil a rule."""
    moderator = next(one for one in search.moderators if one.name == rule.moderator)
    if moderator.kind == NOMINAL:
        fulfils = np.array([moderator.levels[int(code)] in rule.levels for code in moderator.values])
    else:
        fulfils = moderator.values <= rule.value if rule.kind == "<=" else moderator.values > rule.value
    of_rank = np.append(fulfils, False)  # rank -1 is the last place
    return np.asarray(rows[of_rank[moderator.ranks[rows]]])


def _missing(people: People, moderator: Ranked) -> Missing:
    has = np.bincount(people.trial, moderator.ranks >= 0, minlength=people.trials)
    return Missing(moderator.name, int((moderator.ranks < 0).sum()), int((has == 0).sum()))


# --- fits of their own ------------------------------------------------------------------------------------------------


def _fit(search: Search, y: FloatArray, rows: IntArray, moderator: FloatArray | None = None) -> OneStepFit:
    """One separate fit to people at the root."""
    people = search.people
    return fit_one_step(
        y[rows],
        people.treatment[rows],
        people.trial[rows],
        adjusters=people.adjusters[rows],
        moderator=moderator,
        treatment_effect=search.settings.treatment_effect,
    )


def _one_sided(effect: Effect) -> float:
    """Logarithm of the one-sided p of a positive effect; 0 without an estimate."""
    z, two_sided = float(effect.statistic), float(effect.log_p)
    if np.isnan(z):
        return 0.0
    return two_sided - float(np.log(2.0)) if z > 0.0 else float(np.log1p(-0.5 * np.exp(two_sided)))


def _describe(search: Search, outcome: FloatArray, tree: tuple[TreeNode, ...]) -> tuple[Subgroup, ...]:
    """The subgroups of a tree: those with the same members, reached by two orders, are one."""
    y = outcome[search.rows]
    best: dict[bytes, tuple[TreeNode, Split]] = {}
    for node in tree:
        for split in node.splits:
            if not split.kept:
                continue
            child = tree[split.child_node]
            key = child.rows.tobytes()
            if key not in best or split.log_p_node < best[key][1].log_p_node:
                best[key] = child, split
    found = sorted(best.values(), key=lambda one: (one[0].level, one[1].log_p_node, one[0].number))
    return tuple(_subgroup(search, y, len(outcome), tree[child.parent], child, split) for child, split in found)


def _subgroup(search: Search, y: FloatArray, n: int, parent: TreeNode, child: TreeNode, split: Split) -> Subgroup:
    low = split.child == "low"
    other = (split.high if low else split.low).rule
    sibling = _those(search, parent.rows, other)
    complement = np.setdiff1d(np.arange(len(search.rows)), child.rows, assume_unique=True)
    pooled, within = (_difference(search, y, child.rows, sibling, information) for information in ("pooled", "within"))
    return Subgroup(
        _group(search, y, n, child.rules, child.rows),
        _group(search, y, n, (*parent.rules, other), sibling),
        _group(search, y, n, (), complement),
        within if search.settings.information == "within" else pooled,
        pooled,
        within,
        split,
        child.number,
        parent.number,
    )


def _difference(search: Search, y: FloatArray, rows: IntArray, others: IntArray, information: str) -> Effect:
    """Effect among `rows` minus that among `others`: the interaction in a model of both together."""
    both = np.sort(np.concatenate([rows, others]))
    base = make_base(search.people, both)
    if base is None:
        return Effect(np.nan, np.nan, np.nan, np.nan)
    s = np.isin(base.rows, rows).astype(float)
    one = _fit(search, y, base.rows, _moderator_column(information, s, base)).interaction
    assert one is not None
    return one


def _group(search: Search, y: FloatArray, n: int, rules: tuple[Rule, ...], rows: IntArray) -> Group:
    members = np.zeros(n, bool)
    members[search.rows[rows]] = True
    order = [one.name for one in search.moderators]
    return _as_group(tuple(sorted(rules, key=lambda rule: order.index(rule.moderator))), members, _fit(search, y, rows))


def _as_group(rules: tuple[Rule, ...], members: BoolArray, fit: OneStepFit) -> Group:
    return Group(
        rules,
        members,
        fit.n_control,
        fit.n_intervention,
        fit.trials,
        fit.effect,
        fit.tau2,
        fit.status,
        fit.message,
    )


# --- parameters -------------------------------------------------------------------------------------------------------


def _settings(given: dict[str, Any], people: int) -> Settings:
    """Parameters as used: gamma one per level, min_size as a number."""
    size, gamma, depth = given["min_size"], given["gamma"], int(given["depth"])
    if size is None:
        size = max(SMALLEST_SIZE, int(np.ceil(SMALLEST_SHARE * people)))
    if gamma is not None:
        gamma = (float(gamma),) * depth if np.ndim(gamma) == 0 else tuple(float(one) for one in gamma)
    return Settings(**{**given, "min_size": int(size), "gamma": gamma, "depth": depth})


def _check(given: dict[str, Any], moderators: Mapping[str, Moderator], n: int) -> None:
    """Raise for everything that is wrong with the parameters, all at once."""
    wrong = []
    for name, allowed in CHOICES.items():
        if given[name] not in allowed:
            wrong.append(f"{name}={given[name]!r} is unknown; use one of {', '.join(map(repr, allowed))}")
    if not 0.0 < given["alpha"] <= 1.0:
        wrong.append(f"alpha={given['alpha']!r} must lie above 0 and not above 1")
    for name, least in {"depth": 1, "width": 1, "min_arm": 1, "min_trials": 0, "max_cuts": 1, "min_size": 1}.items():
        value = given[name]
        if not (name == "min_size" and value is None) and (value != int(value) or value < least):
            wrong.append(f"{name}={value!r} must be a whole number of at least {least}")
    wrong += _wrong_gamma(given["gamma"], given["depth"])
    if not moderators:
        wrong.append("moderators is empty; name at least one")
    for name, values in moderators.items():
        wrong += _wrong_moderator(name, values, n)
    if wrong:
        raise ValueError("; ".join(wrong))


def _wrong_gamma(gamma: Any, depth: int) -> list[str]:
    if gamma is None:
        return []
    values = np.atleast_1d(np.asarray(gamma, float))
    if np.ndim(gamma) == 1 and len(values) != depth:
        return [f"gamma has {len(values)} values for depth={depth}; give one number, one for each level, or None"]
    if values.ndim > 1 or not np.all((values > 0.0) & (values <= 1.0)):
        return [f"gamma={gamma!r} must lie above 0 and not above 1; None keeps every split"]
    return []


def _wrong_moderator(name: str, values: Moderator, n: int) -> list[str]:
    if isinstance(values, Levels):
        present = len(values.present)
        if len(values.codes) != n:
            return [f"moderator {name!r} has {len(values.codes)} rows, the outcome has {n}"]
        if not values.ordered and present > MAX_LEVELS:
            return [
                f"moderator {name!r} has {present} unordered levels, at most {MAX_LEVELS} can be parted in all ways;"
                " join rare levels, or state their order"
            ]
        return []
    numbers = np.asarray(values, float)
    if numbers.shape != (n,):
        return [f"moderator {name!r} has shape {numbers.shape}, the outcome has {n} rows; give one value for each"]
    if np.isinf(numbers).any():
        row = int(np.flatnonzero(np.isinf(numbers))[0])
        return [f"moderator {name!r} is infinite in row {row}; replace it by a number, or by NaN if it is missing"]
    return []
