"""What a search for subgroups hands back: rules, groups of people with their effect, splits and the tree they form.

In: nothing; these are the frozen values that `partition` fills. Out: data for tables and figures: the subgroups, both
sides of each split, and every split that was looked at, kept or not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .choices import Status
from .crossproducts import FloatArray, IntArray
from .effect import Effect
from .levels import Levels
from .one_step import ExcludedParticipants

BoolArray = NDArray[np.bool_]
Moderator = ArrayLike | Levels


@dataclass(frozen=True, slots=True)
class Rule:
    """One condition on one moderator.

    Attributes
    ----------
    moderator : str
    kind : {"<=", ">", ">=", "in"}
    value : float
        The limit, an observed value; of ordered levels its code; NaN with "in".
    levels : tuple of str
        Names of the levels that fulfil it; empty for a numeric moderator.

    Examples
    --------
    >>> Rule("age", "<=", 45.0).covers([30.0, 60.0, float("nan")])
    array([ True, False, False])
    """

    moderator: str
    kind: str
    value: float
    levels: tuple[str, ...] = ()

    def covers(self, values: Moderator) -> BoolArray:
        """Who fulfils it, among any participants; nobody whose value is missing does."""
        if isinstance(values, Levels):
            inside = np.array([name in self.levels for name in values.levels] + [False])  # code -1 is the last place
            return np.asarray(inside[values.codes])
        numbers = np.asarray(values, float)
        if self.kind == ">=":
            return np.asarray(numbers >= self.value)
        return np.asarray(numbers <= self.value if self.kind == "<=" else numbers > self.value)


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a split: its rule, and the people of the split on it (in trials with both arms before the split)."""

    rule: Rule
    n_control: int
    n_intervention: int
    trials: int

    @property
    def n(self) -> int:
        """Participants."""
        return self.n_control + self.n_intervention


@dataclass(frozen=True, slots=True, eq=False)
class Tried:
    """All candidate splits of one moderator in one node, a row a candidate that was admissible and could be fitted.

    Attributes
    ----------
    cut : ndarray
        "x <= cut"; for a nominal moderator NaN.
    level_set : ndarray of int
        For a nominal moderator the codes of the levels with S = 1 as a number in binary; otherwise -1.
    estimate, std_error : ndarray
        Effect on the low side (S = 1) minus that on the high side, in units of the outcome: of the interaction model,
        or of two separate fits with the other criteria.
    df : ndarray
        NaN with the other criteria.
    statistic : ndarray
        z of the split: estimate over standard error, or (z_low - z_high)/sqrt 2.
    z_low, z_high : ndarray
        Statistics of the treatment effect on each side by itself; NaN with the interaction.
    log_p : ndarray
        Natural logarithm of p of the criterion, before any adjustment.
    """

    cut: FloatArray
    level_set: IntArray
    estimate: FloatArray
    std_error: FloatArray
    df: FloatArray
    statistic: FloatArray
    z_low: FloatArray
    z_high: FloatArray
    log_p: FloatArray


@dataclass(frozen=True, slots=True)
class Split:
    """The best split by one moderator in one node.

    Attributes
    ----------
    moderator : str
    low, high : Side
        S = 1 and S = 0.
    child : {"low", "high"}
        The side that gains more.
    estimate, std_error, df, statistic : float
        Of the best candidate, see `Tried`.
    log_p_raw, log_p_adjusted, log_p_node : float
        Natural logarithms of p of the best candidate, adjusted for the candidates of this moderator, and for the
        moderators of the node as well.
    splits : int
        G, candidates that were admissible and could be fitted.
    effective : float
        As how many independent tests they count.
    kept : bool
    reason : str
        Why it was rejected, in a sentence; "" where it was kept.
    child_node : int
        Number of the node it leads to; -1 where it was rejected.
    tried : Tried
        All its candidates.
    refit : Effect or None
        Of events: the best candidate, which one step gave, fitted anew, with a test by the ratio of likelihoods; with the sign
        of `estimate`. None of other outcomes, and in draws.
    """

    moderator: str
    low: Side
    high: Side
    child: str
    estimate: float
    std_error: float
    df: float
    statistic: float
    log_p_raw: float
    log_p_adjusted: float
    log_p_node: float
    splits: int
    effective: float
    kept: bool
    reason: str
    child_node: int
    tried: Tried
    refit: Effect | None = None

    @property
    def p_raw(self) -> float:
        """p of the best candidate."""
        return float(np.exp(self.log_p_raw))

    @property
    def p_adjusted(self) -> float:
        """The same, adjusted for the candidates of this moderator."""
        return float(np.exp(self.log_p_adjusted))

    @property
    def p_node(self) -> float:
        """The same, adjusted for the moderators of the node as well."""
        return float(np.exp(self.log_p_node))


@dataclass(frozen=True, slots=True, eq=False)
class TreeNode:
    """People who were searched, and the best split of each moderator among them.

    Attributes
    ----------
    number, parent, level : int
        The root is number 0 at level 0, with parent -1.
    rules : tuple of Rule
        In the order in which they were found.
    rows : ndarray of int
        Places of its people among the participants as given; from `Search.run`, among those at the root.
    multiplicity : int
        M, moderators with an admissible split here.
    splits : tuple of Split
        By adjusted p, the smallest first.
    untried : dict
        Moderators without any split, and why.
    """

    number: int
    parent: int
    level: int
    rules: tuple[Rule, ...]
    rows: IntArray
    multiplicity: int
    splits: tuple[Split, ...]
    untried: dict[str, str]


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """A set of participants with the treatment effect among them, from a separate `fit_one_step`.

    Attributes
    ----------
    rules : tuple of Rule
        One per moderator, in the order of the moderators; empty for the complement and for everybody.
    members : ndarray (n,) of bool
        Over all participants as given.
    n_control, n_intervention : int
        Members who enter the fit.
    trials : int
        Trials with both arms inside.
    effect : Effect
    tau2 : float
    status, reason : str
        Of the fit, see `OneStepFit`.
    """

    rules: tuple[Rule, ...]
    members: BoolArray
    n_control: int
    n_intervention: int
    trials: int
    effect: Effect
    tau2: float
    status: Status
    reason: str

    @property
    def n(self) -> int:
        """Participants who enter the fit."""
        return self.n_control + self.n_intervention


@dataclass(frozen=True, slots=True, eq=False)
class Subgroup:
    """A subgroup that was found.

    Attributes
    ----------
    inside : Group
    sibling : Group
        The other side of the last split, within the same parent.
    complement : Group
        Everybody else at the root, those with a missing value included.
    difference : Effect
        Of the last split: effect on its side minus that on the other, from the interaction model in the parent, with
        the information that the search used. Not exactly inside minus sibling, which are fits of their own.
    pooled, within : Effect
        The same with pooled and with within-trial information; of events, with a test by the ratio of likelihoods.
    split : Split
        The last split; with its p values.
    node : int
        Number of its node in the tree.
    parent : int
        Number of the node that was split.
    """

    inside: Group
    sibling: Group
    complement: Group
    difference: Effect
    pooled: Effect
    within: Effect
    split: Split
    node: int
    parent: int

    @property
    def rules(self) -> tuple[Rule, ...]:
        """Rules of the people inside."""
        return self.inside.rules

    @property
    def members(self) -> BoolArray:
        """Who is inside, over all participants as given."""
        return self.inside.members

    @property
    def effect(self) -> Effect:
        """Treatment effect inside."""
        return self.inside.effect


@dataclass(frozen=True, slots=True)
class Missing:
    """What a missing value of one moderator costs: participants at the root, and trials in which no participant has a value."""

    moderator: str
    participants: int
    trials: int


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """Every candidate split of the whole search, a row each; the columns of `Tried` with where they stand."""

    node: IntArray
    moderator: NDArray[np.str_]
    cut: FloatArray
    level_set: IntArray
    estimate: FloatArray
    std_error: FloatArray
    df: FloatArray
    statistic: FloatArray
    z_low: FloatArray
    z_high: FloatArray
    log_p: FloatArray

    @property
    def p_value(self) -> FloatArray:
        """p before any adjustment."""
        return np.exp(self.log_p)


def gather(tree: tuple[TreeNode, ...]) -> Candidates:
    """All candidates of a tree."""
    splits = [(node.number, split) for node in tree for split in node.splits]
    size = [len(split.tried.log_p) for _, split in splits]

    def column(name: str) -> Any:
        return np.concatenate([np.zeros(0), *(getattr(split.tried, name) for _, split in splits)])

    return Candidates(
        np.repeat(np.array([number for number, _ in splits], np.int64), size),
        np.repeat(np.array([split.moderator for _, split in splits], np.str_), size),
        column("cut"),
        column("level_set").astype(np.int64),
        *(column(name) for name in ("estimate", "std_error", "df", "statistic", "z_low", "z_high", "log_p")),
    )


@dataclass(frozen=True, slots=True, eq=False)
class Partition:
    """Result of `partition`.

    Attributes
    ----------
    subgroups : tuple of Subgroup
        By depth, then by p of the node; empty where nothing was found, which is an answer.
    tree : tuple of TreeNode
        Every node that was searched, and every subgroup that was too deep to be searched; in the order found.
    candidates : Candidates
        Every candidate split.
    overall : Group
        Everybody at the root.
    missing : tuple of Missing
    excluded : tuple of ExcludedParticipants
        Participants who are not at the root, by trial, and why.
    settings : dict
        Parameters as used; `min_size` as a number.
    """

    subgroups: tuple[Subgroup, ...]
    tree: tuple[TreeNode, ...]
    candidates: Candidates
    overall: Group
    missing: tuple[Missing, ...]
    excluded: tuple[ExcludedParticipants, ...]
    settings: dict[str, Any]

    @property
    def log_p(self) -> float:
        """Logarithm of the smallest p of a node over all splits, kept or not: the statistic of a search-wise test."""
        return smallest_log_p(self.tree)


def smallest_log_p(tree: tuple[TreeNode, ...]) -> float:
    """Logarithm of the smallest p of a node over all splits; 0 where nothing could be split."""
    return min((split.log_p_node for node in tree for split in node.splits), default=0.0)
