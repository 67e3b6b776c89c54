"""RP: recursive partitioning of the participants of several trials by mixed models (IPD-SIDES).

In: participants of several trials, and moderators measured before randomisation. Out: subgroups in which treatment does
more than in the others, with the effects inside and outside, and the whole search as data.
Method: Mistry, Stallard & Underwood 2018 (Stat Med 37:3047), after SIDES (Lipkovich, Dmitrienko, Denne & Enas 2011,
Stat Med 30:2601). A parent is split by each moderator at the cut with the smallest p; the `width` best moderators may
each give a child, the side that gains more, and children are split in their turn, down to `depth` rules.
The search itself is in partition_search.py, prepared once and run for one outcome after another, as resampling does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace

import numpy as np
from numpy.typing import ArrayLike

from .choices import Across, AdjusterSlopes, Criterion, Information, Multiplicity, TreatmentEffect
from .crossproducts import FloatArray, IntArray, columns
from .effect import NOTHING, Effect
from .event_fits import EventFits
from .one_step import ExcludedParticipants, OneStepFit, fit_one_step
from .one_step_glmm import GlmmFit
from .partition_candidates import moderator_column
from .partition_search import GroupFit, Search, prepare
from .ranks import BoolArray, Ranked
from .splits import People, make_base
from .subgroups import Group, Missing, Moderator, Partition, Rule, Split, Subgroup, TreeNode, gather


def partition(
    outcome: ArrayLike,
    treatment: ArrayLike,
    trial: ArrayLike,
    moderators: Mapping[str, Moderator],
    *,
    adjusters: ArrayLike | None = None,
    criterion: Criterion = "interaction",
    multiplicity: Multiplicity = "sidak-modified",
    across: Across = "sidak",
    alpha: float = 0.05,
    gamma: float | Sequence[float] | None = 1.0,
    depth: int = 2,
    width: int = 3,
    information: Information = "pooled",
    min_size: int | None = None,
    min_arm: int = 10,
    min_trials: int = 2,
    max_cuts: int = 100,
    treatment_effect: TreatmentEffect = "random",
    adjuster_slopes: AdjusterSlopes = "common",
    people_per_slope: int = 10,
    across_extra: int = 0,
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
        the parent, among everybody there, whether or not they have the moderator; None keeps all.
    depth, width : int
        Rules per subgroup; moderators per node that may be split.
    information : {"pooled", "within"}
        "within": S minus its mean in the trial takes the place of S in t x S, so that differences between trials do not
        count; with the interaction only.
    min_size, min_arm, min_trials : int
        Each side of a split holds so many people, people of each arm, and trials with both arms. `min_size` is by default
        50 or 5 % of the people at the root, whatever is more.
    max_cuts : int
        Above so many cuts, the j/(max_cuts + 1) quantiles of the people in the node who have a value are tried (type 1:
        observed values); of equal ones one, and never the largest value.
    treatment_effect : {"random", "common"}
    adjuster_slopes : {"common", "stratified"}
        "stratified": trials have slopes of their own of the adjusters and of the rule; with the interaction only.
    people_per_slope : int
        Trials with fewer people in a node per slope share one slope a column there.
    across_extra : int
        Moderators that a screening among the same people sorted out before: they count with those of a node.

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
        adjuster_slopes=adjuster_slopes,
        people_per_slope=people_per_slope,
        across_extra=across_extra,
    )
    tree = search.run(table.outcome)
    whole = fit_one_step(
        outcome,
        treatment,
        trial,
        adjusters=adjusters,
        treatment_effect=treatment_effect,
        adjuster_slopes=adjuster_slopes,
        people_per_slope=people_per_slope,
    )
    return partition_of(search, table.outcome, tree, whole, whole.excluded)


def partition_of(
    search: Search,
    outcome: FloatArray,
    tree: tuple[TreeNode, ...],
    whole: OneStepFit | GlmmFit,
    excluded: tuple[ExcludedParticipants, ...],
) -> Partition:
    """Return what a search found: its subgroups with effects, and the tree.

    Parameters
    ----------
    search : Search
    outcome : ndarray (n,)
        Of the participants as given; of events the events.
    tree : tuple of TreeNode
    whole : OneStepFit or GlmmFit
        Of everybody.
    excluded : tuple of ExcludedParticipants
    """
    root = np.zeros(len(outcome), bool)
    root[search.rows] = True
    tree = tuple(_with_refits(search, outcome[search.rows], node) for node in tree)
    return Partition(
        _describe(search, outcome, tree),
        tuple(replace(node, rows=search.rows[node.rows]) for node in tree),
        gather(tree),
        _as_group((), root, whole),
        tuple(_missing(search.people, moderator) for moderator in search.moderators),
        excluded,
        asdict(search.settings),
    )


def _with_refits(search: Search, y: FloatArray, node: TreeNode) -> TreeNode:
    """A node with the best split of each moderator fitted anew, where the search took one step for it."""
    if not isinstance(search.fits, EventFits):
        return node
    return replace(node, splits=tuple(replace(split, refit=_refit(search, y, node, split)) for split in node.splits))


def _refit(search: Search, y: FloatArray, node: TreeNode, split: Split) -> Effect:
    """The effect on the low side minus that on the high side."""
    low, high = (search.those(node.rows, side.rule) for side in (split.low, split.high))
    return _tested(search, y, low, high, search.settings.information)


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
    found = sorted(best.values(), key=lambda item: (item[0].level, item[1].log_p_node, item[0].number))
    return tuple(_subgroup(search, y, len(outcome), tree[child.parent], child, split) for child, split in found)


def _subgroup(search: Search, y: FloatArray, n: int, parent: TreeNode, child: TreeNode, split: Split) -> Subgroup:
    low = split.child == "low"
    other = (split.high if low else split.low).rule
    sibling = search.those(parent.rows, other)
    complement = np.setdiff1d(np.arange(len(search.rows)), child.rows, assume_unique=True)
    pooled, within = (_tested(search, y, child.rows, sibling, information) for information in ("pooled", "within"))
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


def difference(search: Search, y: FloatArray, rows: IntArray, others: IntArray, information: Information) -> Effect:
    """Return the effect among `rows` minus that among `others`: the interaction in a model of both together.

    Parameters
    ----------
    search : Search
    y : ndarray (n,)
        Outcome of the people at the root.
    rows, others : ndarray of int
        Places at the root, nobody in both.
    information : {"pooled", "within"}
    """
    return _between(search, y, _apart(search, rows, others, information))


Apart = tuple[IntArray, FloatArray]
"""The people of both sides of a split, and the column that tells the sides apart."""


def _between(search: Search, y: FloatArray, both: Apart | None) -> Effect:
    if both is None:
        return NOTHING
    item = search.fit(y, *both).interaction
    assert item is not None
    return item


def _apart(search: Search, rows: IntArray, others: IntArray, information: Information) -> Apart | None:
    """Both together, in trials with both arms, and the column that tells them apart."""
    base = make_base(search.people, np.sort(np.concatenate([rows, others])))
    if base is None:
        return None
    return base.rows, moderator_column(information, np.isin(base.rows, rows).astype(float), base)


def _tested(search: Search, y: FloatArray, rows: IntArray, others: IntArray, information: Information) -> Effect:
    """As `difference`; that of events with a test by the ratio of likelihoods."""
    both = _apart(search, rows, others, information)
    found = _between(search, y, both)
    if both is None or not isinstance(search.fits, EventFits):
        return found
    return replace(found, joint=search.fits.ratio_test(y, *both))


def _group(search: Search, y: FloatArray, n: int, rules: tuple[Rule, ...], rows: IntArray) -> Group:
    members = np.zeros(n, bool)
    members[search.rows[rows]] = True
    order = [moderator.name for moderator in search.moderators]
    return _as_group(tuple(sorted(rules, key=lambda rule: order.index(rule.moderator))), members, search.fit(y, rows))


def _as_group(rules: tuple[Rule, ...], members: BoolArray, fit: GroupFit | GlmmFit) -> Group:
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


def _missing(people: People, moderator: Ranked) -> Missing:
    has = np.bincount(people.trial, moderator.ranks >= 0, minlength=people.trials)
    return Missing(moderator.name, int((moderator.ranks < 0).sum()), int((has == 0).sum()))
