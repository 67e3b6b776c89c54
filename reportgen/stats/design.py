"""From cross-products and options to the blocks that the likelihood is made of.

In: cross-products of the trials with both arms, and the options of the model.
Out: per-trial blocks over the columns (Z, X, y) from which columns F with coefficients of their own per trial are swept
out: F = 1 (stratified intercepts), 1 and adjusters (stratified slopes), adjusters alone, or nothing.
Sites within trials add one random column each, behind the outcome. Z holds the columns with random coefficients, X those with common ones. Collinear columns of X are dropped in the order
intercept, treatment, adjusters, moderators, treatment x moderators, before p is counted, as lme4 does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from .choices import (
    AdjusterSlopes,
    Approximation,
    Covariance,
    DfFloor,
    Estimation,
    InteractionEffect,
    Intercept,
    RandomPart,
    Residual,
    TreatmentEffect,
    unknown_words,
)
from .crossproducts import CrossProducts, FloatArray
from .sites import SITE, Sites, extended, extended_centred

# Share of a column's sum of squares below which what is left of it after sweeping counts as rounding.
# Cross-products carry about 1e-15 of relative error, times the size of the coefficients swept with.
COLLINEAR = 1e-11
# (Spread / level)^2 below which a column counts as constant: both sums carry 53 bits.
CONSTANT = 1e-24

CHOICES = {
    "intercept": get_args(Intercept),
    "treatment_effect": get_args(TreatmentEffect),
    "interaction_effect": get_args(InteractionEffect),
    "covariance": get_args(Covariance),
    "adjuster_slopes": get_args(AdjusterSlopes),
    "residual": get_args(Residual),
    "estimation": get_args(Estimation),
    "inference": get_args(Approximation),
    "df_floor": get_args(DfFloor),
}


@dataclass(frozen=True, slots=True)
class Options:
    """The options of a one-step model; see `fit_one_step`. Those behind `df_floor` are for the screening of moderators.

    Attributes
    ----------
    moderator_slopes : {"common", "stratified"}
        As `adjuster_slopes`, for the main effects of the moderators.
    people_per_slope : int
        A trial with fewer people per stratified slope has none of its own; such trials share one slope a column.
    beside : int
        The last so many adjusters have a common slope whatever `adjuster_slopes` says.
    random_part : {"as-given", "centred", "levels"}
        Random columns of an interaction: t z as given; t (z - zbar_i); or one for every level with one variance, where
        the moderators are indicators of all levels but one, so that no level is special.
    floor_trials : int
        Trials that the floor of the df counts; 0 = all.
    more_slopes : int
        Stratified slopes to be counted besides, of columns that come later.
    own_from : int or None
        People from whom on a trial has slopes of its own, whatever their number.
    """

    intercept: Intercept = "stratified"
    treatment_effect: TreatmentEffect = "random"
    interaction_effect: InteractionEffect = "common"
    covariance: Covariance = "independent"
    adjuster_slopes: AdjusterSlopes = "common"
    residual: Residual = "common"
    estimation: Estimation = "reml"
    inference: Approximation = "kenward-roger"
    df_floor: DfFloor = "trials-1"
    moderator_slopes: AdjusterSlopes = "common"
    people_per_slope: int = 0
    beside: int = 0
    random_part: RandomPart = "as-given"
    floor_trials: int = 0
    more_slopes: int = 0
    own_from: int | None = None

    def with_own_from(self, people: int) -> Options:
        """The same with it decided which trials have slopes of their own."""
        return replace(self, own_from=people)

    def __post_init__(self) -> None:
        wrong = list(unknown_words({name: getattr(self, name) for name in CHOICES}, CHOICES))
        if wrong:
            raise ValueError("; ".join(wrong))

    @property
    def random_effects(self) -> bool:
        """Whether the effect of treatment varies between trials in the model."""
        return self.treatment_effect == "random" or self.interaction_effect == "random"


@dataclass(frozen=True, slots=True)
class Arms:
    """Cross-products by arm of all columns (1, treatment, ..., outcome), nothing swept out.

    Attributes
    ----------
    people : ndarray (2, K)
        Control, intervention.
    raw : ndarray (2, K, m, m)
    rest : ndarray (p+1,) of int
        Places of (X, y).
    """

    people: FloatArray
    raw: FloatArray
    rest: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Blocks:
    """Cross-products with F swept out, split for the likelihood.

    Attributes
    ----------
    trials : ndarray (K,) of int
        Participants per trial.
    own : ndarray (K, m) of bool
        Columns F of each trial among (1, treatment, ..., outcome), those that are redundant in it left out.
    log_det_f : float
        Sum of log|F'F|.
    zz, zr, rr : ndarray (K, q, q), (K, p+1, q), (K, p+1, p+1)
        Cross-products of Z with Z, of (X, y) with Z and of (X, y).
    zz_raw : ndarray (K, q, q)
        Z'Z before anything is swept: what the ML criterion asks for.
    x_names, z_names : tuple of str
        Columns that stay in the model.
    dropped : dict
        Name of each column left out, and why.
    free : ndarray (q, q) of bool
        Lower triangle of Cov(u): entries that are estimated. With `one_variance`, the first of those that are equal.
    one_variance : bool
        Whether all interactions have one variance: in Z stand then T-fold columns, T T' = I + J, with equal variances.
    sites : ndarray (K,) of int
        Sites of each trial that have a random column; the columns are the last of Z, and have one variance.
    z_map : ndarray (K, m, q)
        Takes the columns (1, treatment, ..., outcome) to those of Z.
    z_back : ndarray (q, q)
        Takes Cov(u) of the columns of Z to that of the columns named.
    by_trial : bool
        Whether each trial has a residual variance of its own.
    arms : Arms or None
        What a residual variance per arm needs, where there is one.
    sharing : ndarray (K,) of bool
        Trials that share the slopes which others have of their own.
    own_from : int
        People from whom on a trial has slopes of its own.
    to_raw : ndarray (p, p)
        Takes coefficients of the shifted columns to those of the columns as given.
    """

    trials: NDArray[np.int64]
    own: NDArray[np.bool_]
    log_det_f: float
    zz: FloatArray
    zr: FloatArray
    rr: FloatArray
    zz_raw: FloatArray
    x_names: tuple[str, ...]
    z_names: tuple[str, ...]
    free: NDArray[np.bool_]
    by_trial: bool
    to_raw: FloatArray
    outcome_shift: float
    outcome_scale: float
    one_variance: bool
    z_map: FloatArray
    z_back: FloatArray
    arms: Arms | None
    sharing: NDArray[np.bool_]
    own_from: int
    sites: NDArray[np.int64]
    dropped: dict[str, str] = field(default_factory=dict)

    @property
    def swept(self) -> NDArray[np.int64]:
        """Rank of F in each trial."""
        return np.asarray(self.own.sum(axis=1), np.int64)

    @property
    def groups(self) -> int:
        """Number of residual variances."""
        return 2 if self.arms else len(self.trials) if self.by_trial else 1

    @property
    def p(self) -> int:
        """Number of common coefficients."""
        return len(self.x_names)

    @property
    def q(self) -> int:
        """Number of random columns."""
        return len(self.z_names)

    @property
    def df(self) -> int:
        """n - sum rank F - p."""
        return int(self.trials.sum() - self.swept.sum()) - self.p


def column_names(adjusters: int, moderators: int) -> tuple[str, ...]:
    """Names of the columns of the cross-products, in their order."""
    x = tuple(f"adjuster[{k}]" for k in range(adjusters))
    z = tuple(f"moderator[{k}]" for k in range(moderators))
    tz = tuple(f"treatment:moderator[{k}]" for k in range(moderators))
    return ("treatment", *x, *z, *tz, "outcome")


def blocks(
    products: CrossProducts,
    options: Options,
    arms: tuple[CrossProducts, CrossProducts] | None = None,
    has_own: NDArray[np.bool_] | None = None,
) -> Blocks:
    """Arrange the cross-products of the trials for one model.

    `arms` are those of each arm, for a residual variance each; `has_own` says which trials have slopes of their own, where
    that is not for their number of people to decide.
    """
    names = ["intercept", *column_names(products.adjusters, products.moderators)]
    adjusters = [f"adjuster[{k}]" for k in range(products.adjusters)]
    interactions = [f"treatment:moderator[{k}]" for k in range(products.moderators)]
    stratified = options.intercept == "stratified"
    sites = _random_sites(products, stratified)
    own = [names.index(name) for name in _own_slopes(options, products)]
    # A common coefficient or an intercept takes up a shift of its column; slopes per trial without intercepts do not.
    shifted = [] if own else adjusters
    raw, shift = _raw(products, names, [] if stratified else [*shifted, "outcome"])
    current = np.zeros_like(raw)
    if stratified:
        current[:, 1:, 1:] = products.centred
    else:
        current[:] = raw
    size = products.size
    if sites is not None:
        current = (
            extended_centred(current, sites, size) if stratified else extended(current, sites, _means(products) - shift)
        )
        raw = extended(raw, sites, _means(products) - shift)
    scale = np.einsum("kii->ki", current).copy()
    level = np.einsum("k,ki->i", size.astype(float), np.column_stack([np.ones(len(size)), products.mean]) ** 2)
    log_det = float(np.sum(np.log(size))) if stratified else 0.0
    taken = np.zeros((len(size), raw.shape[1]), bool)
    taken[:, 0] = stratified
    slopes = options.more_slopes + len(_independent(current, scale, level, own, names)[0])
    own_from = options.people_per_slope * slopes if options.own_from is None else options.own_from
    has_own = size >= own_from if has_own is None else has_own
    if own:
        log_det += _sweep(current, own, scale, taken, has_own)
    common = [j for j in range(1, len(names) - 1) if j not in own or not has_own.all()]
    kept, dropped = _independent(current, scale, level, ([] if stratified else [0]) + common, names)
    z = _random_columns(options, interactions, len(size))
    levels = options.random_part == "levels"
    z = [name for name in z if name in kept or (levels and name in interactions)]
    z_map, z_back = _random_map(products, names, z, options.random_part)
    z, z_map, z_back = _with_sites(z, z_map, z_back, sites)
    turned = z_map.transpose(0, 2, 1)
    rest = np.array([names.index(name) for name in kept] + [len(names) - 1], np.int64)
    free = _free(options, z, interactions)
    to_raw = np.eye(len(kept))
    if not stratified and "intercept" in kept:
        to_raw[0] -= shift[rest[:-1]] * (np.arange(len(kept)) > 0)
    y = len(names) - 1
    return Blocks(
        trials=size,
        own=taken,
        log_det_f=log_det,
        zz=turned @ current @ z_map,
        zr=current[:, rest] @ z_map,
        rr=current[:, rest[:, None], rest],
        zz_raw=turned @ raw @ z_map,
        x_names=tuple(kept),
        z_names=tuple(z),
        free=free,
        by_trial=options.residual == "by-trial" and len(size) > 1,
        to_raw=to_raw,
        outcome_shift=float(shift[y]),
        outcome_scale=float(scale[:, y].sum() if scale[:, y].sum() > CONSTANT * level[y] else 0.0),
        one_variance=levels,
        z_map=z_map,
        z_back=z_back,
        arms=_arms(arms, products, names, shift, taken, rest, sites) if arms else None,
        sharing=~has_own if own else np.zeros(len(size), bool),
        own_from=own_from,
        sites=np.zeros(len(size), np.int64) if sites is None else sites.of_trial,
        dropped=dropped,
    )


def _free(options: Options, z: Sequence[str], interactions: Sequence[str]) -> NDArray[np.bool_]:
    """Which entries of the factor of the covariance are searched for: levels share one variance, and so do sites."""
    unstructured = options.covariance == "unstructured"
    free = np.tril(np.ones((len(z), len(z)), bool)) if unstructured else np.eye(len(z), dtype=bool)
    if options.random_part == "levels":
        varying = [k for k, name in enumerate(z) if name in interactions]
        free[varying[1:], varying[1:]] = False
    first_site = next((k for k, name in enumerate(z) if name.startswith(SITE)), len(z))
    free[first_site:, :] = False
    if first_site < len(z):
        free[first_site, first_site] = True
    return free


def _random_sites(products: CrossProducts, stratified: bool) -> Sites | None:
    """Return the sites that have random intercepts: of trials with an intercept of their own, where there are several."""
    if products.sites is None or not products.sites.informative:
        return None
    return products.sites.cleared(products.sites.of_trial > 1) if stratified else products.sites


def _with_sites(
    z: list[str], z_map: FloatArray, z_back: FloatArray, sites: Sites | None
) -> tuple[list[str], FloatArray, FloatArray]:
    """Add the columns of sites to those of Z."""
    if sites is None:
        return z, z_map, z_back
    trials, columns, q = z_map.shape
    width = sites.size.shape[1]
    whole = np.zeros((trials, columns + width, q + width))
    whole[:, :columns, :q] = z_map
    whole[:, columns:, q:] = np.eye(width)
    back = np.eye(q + width)
    back[:q, :q] = z_back
    return [*z, *(f"{SITE}[{k}]" for k in range(width))], whole, back


def _means(products: CrossProducts) -> FloatArray:
    """Return the means of (1, columns) of each trial."""
    return np.column_stack([np.ones(len(products.size)), products.mean])


def _own_slopes(options: Options, products: CrossProducts) -> list[str]:
    """Names of the columns that have slopes per trial."""
    adjusters, moderators = products.adjusters - options.beside, products.moderators
    own = [f"adjuster[{k}]" for k in range(adjusters)] if options.adjuster_slopes == "stratified" else []
    return own + ([f"moderator[{k}]" for k in range(moderators)] if options.moderator_slopes == "stratified" else [])


def _random_map(
    products: CrossProducts, names: list[str], z: list[str], part: RandomPart
) -> tuple[FloatArray, FloatArray]:
    """What takes the columns of each trial to those of Z, (K, m, q), and Cov(u) back to the columns named, (q, q)."""
    out = np.zeros((len(products.size), len(names), len(z)))
    back = np.eye(len(z))
    treatment, first = names.index("treatment"), 1 + products.adjusters
    varying = [k for k, name in enumerate(z) if name.startswith("treatment:")]
    for k, name in enumerate(z):
        out[:, names.index(name), k] = 1.0
        if part != "as-given" and k in varying:
            moderator = int(name.split("[")[1][:-1])
            out[:, treatment, k] = -products.mean[:, first + moderator]
    if part == "levels" and varying:
        # u_l - u_L has covariance omega2 (I + J): columns that it makes independent have one variance
        back[np.ix_(varying, varying)] = np.linalg.cholesky(np.eye(len(varying)) + 1.0)
        out = out @ back
    return out, back


def _arms(
    arms: tuple[CrossProducts, CrossProducts],
    products: CrossProducts,
    names: list[str],
    shift: FloatArray,
    taken: NDArray[np.bool_],
    rest: NDArray[np.int64],
    sites: Sites | None,
) -> Arms:
    """Columns are shifted by what an intercept takes up; those that random columns are made of stay as they are."""
    about = np.tile(shift, (len(products.size), 1))
    if taken[:, 0].all():
        about[:, 1:] = products.mean
    for name in names:
        if name.startswith("treatment"):
            about[:, names.index(name)] = 0.0
    people = np.array([part.size for part in arms], float)
    raw = np.zeros((2, len(taken), taken.shape[1], taken.shape[1]))
    m = len(names)
    for side, part in enumerate(arms):
        mean = np.column_stack([np.ones(len(part.size)), part.mean]) - about
        raw[side][:, :m, :m] = people[side][:, None, None] * mean[:, :, None] * mean[:, None, :]
        raw[side][:, 1:m, 1:m] += part.centred
        if sites is not None and part.sites is not None:
            raw[side] = extended(raw[side][:, :m, :m], part.sites.cleared(sites.of_trial > 0), mean)
    return Arms(people, raw, rest)


def _raw(products: CrossProducts, names: list[str], shifted: list[str]) -> tuple[FloatArray, FloatArray]:
    """Cross-products of (1, columns) about zero, some columns first shifted by their overall mean."""
    size = products.size.astype(float)
    shift = np.zeros(len(names))
    for name in shifted:
        k = names.index(name)
        shift[k] = size @ products.mean[:, k - 1] / size.sum()
    mean = np.column_stack([np.ones(len(size)), products.mean]) - shift
    raw = size[:, None, None] * mean[:, :, None] * mean[:, None, :]
    raw[:, 1:, 1:] += products.centred
    return raw, shift


def _sweep(
    current: FloatArray, places: list[int], scale: FloatArray, taken: NDArray[np.bool_], which: NDArray[np.bool_]
) -> float:
    """Sweep columns out of trials, in place, and note it in `taken`; return the sum of the log pivots."""
    log_det = 0.0
    for j in places:
        pivot = current[:, j, j].copy()
        good = which & (pivot > COLLINEAR * scale[:, j])
        column = current[:, :, j].copy()
        factor = np.where(good, 1.0 / np.where(good, pivot, 1.0), 0.0)
        current -= factor[:, None, None] * column[:, :, None] * column[:, None, :]
        current[which, j, :] = 0.0
        current[which, :, j] = 0.0
        taken[:, j] = good
        log_det += float(np.log(pivot[good]).sum())
    # What rounding leaves of a column that F explains in full must not look like information.
    dropped = np.einsum("kii->ki", current) <= COLLINEAR * scale
    dropped &= which[:, None]
    current *= ~(dropped[:, :, None] | dropped[:, None, :])
    return log_det


def _independent(
    current: FloatArray, scale: FloatArray, level: FloatArray, places: list[int], names: list[str]
) -> tuple[list[str], dict[str, str]]:
    """Which columns of X are not linear combinations of those before them, by pivots of the pooled matrix."""
    pooled = current.sum(axis=0)
    size = scale.sum(axis=0)
    kept: list[str] = []
    dropped: dict[str, str] = {}
    for j in places:
        if size[j] <= CONSTANT * level[j] or size[j] == 0.0:
            dropped[names[j]] = "constant within every trial"
        elif pooled[j, j] <= COLLINEAR * size[j]:
            dropped[names[j]] = "a linear combination of the columns before it"
        else:
            kept.append(names[j])
            column = pooled[:, j].copy()
            pooled = pooled - np.outer(column, column) / column[j]
    return kept, dropped


def _random_columns(options: Options, interactions: list[str], trials: int) -> list[str]:
    if trials < 2:
        return []
    z = ["intercept"] if options.intercept == "random" else []
    z += ["treatment"] if options.treatment_effect == "random" else []
    z += interactions if options.interaction_effect == "random" else []
    return z
