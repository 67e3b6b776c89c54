"""All candidate splits of one moderator in one node of a search, with their p values.

In: the people at the root, the outcome, and a grid of splits (splits.py). Out: `Tried`, a row a candidate.
Method: the interaction of the one-step model, or a score from the effects of both sides (criteria.py); where the kernels
find a redundant column, a separate fit judges. `LinearFits` is what a search asks; that of events is in
event_fits.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from .candidate import DF, ESTIMATE, INADMISSIBLE, NOT_CONVERGED, STATE, VARIANCE, unsound
from .criteria import SCORES
from .crossproducts import FloatArray, IntArray
from .crossproducts import columns as checked
from .design import Options
from .effect import student_log_p
from .one_step import OneStepFit, fit_columns
from .own_slopes import OwnNode
from .partition_settings import Settings
from .ranks import Ranked, cut_columns
from .splits import Base, Grid, Observed, People, fit_interactions, fit_sides, low_side, make_base, make_grid, observe
from .subgroups import Tried


@dataclass(frozen=True, slots=True)
class LinearFits:
    """The fits of a search of a continuous outcome: linear mixed models.

    Attributes
    ----------
    people : People
        At the root.
    settings : Settings
    """

    linear: ClassVar[bool] = True
    gain: ClassVar[float] = 1.0
    people: People
    settings: Settings

    def base(self, rows: IntArray) -> Base | None:
        """Some people at the root, in trials with both arms."""
        return make_base(self.people, rows, self.settings.options)

    def grid(self, base: Base, moderator: Ranked) -> Grid | None:
        """The candidate splits of a moderator."""
        return make_grid(base, moderator, self.settings.max_cuts)

    def observe(self, grid: Grid, y: FloatArray) -> Observed:
        """Bring an outcome to a node."""
        return observe(grid.base, y, self.settings.options)

    def try_all(self, y: FloatArray, moderator: Ranked, grid: Grid, seen: Observed) -> tuple[IntArray, Tried]:
        """Try all candidates of a moderator."""
        return try_all(self.people, self.settings, y, moderator, grid, seen)

    def fit(self, y: FloatArray, rows: IntArray, moderator: FloatArray | None = None) -> OneStepFit:
        """Fit some people."""
        return fit(self.people, self.settings, y, rows, moderator)


def try_all(
    people: People, settings: Settings, y: FloatArray, moderator: Ranked, grid: Grid, seen: Observed
) -> tuple[IntArray, Tried]:
    """Places in the grid of the candidates that are admissible and could be fitted, and their fits."""
    if settings.criterion == "interaction":
        estimate, std_error, df = _interactions(people, settings, y, moderator, grid, seen)
        z_low = z_high = np.full(len(estimate), np.nan)
        with np.errstate(invalid="ignore", divide="ignore"):
            z = estimate / std_error
        log_p = student_log_p(z, df)
    else:
        (low, low_error), (high, high_error) = _both_sides(people, settings, y, moderator, grid, seen)
        with np.errstate(invalid="ignore", divide="ignore"):
            z_low, z_high = low / low_error, high / high_error
        estimate, std_error = low - high, np.hypot(low_error, high_error)
        z, df = (z_low - z_high) / np.sqrt(2.0), np.full(len(low), np.nan)
        log_p = SCORES[settings.criterion](z_low, z_high)
    at = np.flatnonzero(~np.isnan(log_p))
    cut, level_set = cut_columns(moderator, grid.cuts[at])
    return at, Tried(
        cut, level_set, estimate[at], std_error[at], df[at], z[at], z_low[at], z_high[at], np.asarray(log_p[at], float)
    )


def _interactions(
    people: People, settings: Settings, y: FloatArray, moderator: Ranked, grid: Grid, seen: Observed
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Estimate, standard error and df of t x S for all candidates; NaN where not admissible or not estimable."""
    base = seen.base
    if seen.prepared is None:
        nothing = np.full(len(grid.cuts), np.nan)
        return nothing, nothing, nothing
    node, kept = seen.prepared
    values = fit_interactions(grid, seen, settings.limits, settings.information == "within")
    admissible = (values[:, STATE] != INADMISSIBLE) & (values[:, STATE] != NOT_CONVERGED)
    with np.errstate(invalid="ignore"):
        std_error = np.sqrt(values[:, VARIANCE])
    floor = len(base.products.size) - 1.0 if settings.random else 0.0
    if node.random or isinstance(node, OwnNode):
        df = np.maximum(values[:, DF], floor)
    else:
        df = np.full(len(values), node.contrasts - len(kept) - 3)
    estimate = values[:, ESTIMATE]
    for g in np.flatnonzero(admissible & unsound(values, seen.products)):
        s = low_side(grid, moderator, int(grid.cuts[g])).astype(float)
        own_from = base.slopes.options.own_from if base.slopes else None
        judged = fit(people, settings, y, base.rows, moderator_column(settings.information, s, base), own_from)
        item = judged.interaction
        assert item is not None
        estimate[g], std_error[g], df[g] = float(item.estimate), float(item.std_error), float(item.df)
        admissible[g] = judged.status != "failed"
    return np.where(admissible, estimate, np.nan), std_error, df


def moderator_column(information: str, s: FloatArray, base: Base) -> FloatArray:
    """S, or S minus its mean in each trial."""
    if information == "pooled":
        return s
    return np.asarray(s - (np.bincount(base.trial, s) / base.products.size)[base.trial])


def _both_sides(
    people: People, settings: Settings, y: FloatArray, moderator: Ranked, grid: Grid, seen: Observed
) -> tuple[tuple[FloatArray, FloatArray], ...]:
    """Estimate and standard error of the effect on the low and the high side of all candidates."""
    out = []
    for side, values in enumerate(fit_sides(grid, seen, settings.limits, settings.random)):
        admissible = (values[:, STATE] != INADMISSIBLE) & (values[:, STATE] != NOT_CONVERGED)
        with np.errstate(invalid="ignore"):
            estimate, std_error = values[:, ESTIMATE], np.sqrt(values[:, VARIANCE])
        for g in np.flatnonzero(admissible & unsound(values, seen.products)):
            low = low_side(grid, moderator, int(grid.cuts[g]))
            judged = fit(people, settings, y, seen.base.rows[low if side == 0 else ~low])
            estimate[g], std_error[g] = float(judged.effect.estimate), float(judged.effect.std_error)
            admissible[g] = judged.status != "failed"
        out.append((np.where(admissible, estimate, np.nan), std_error))
    return tuple(out)


def fit(
    people: People,
    settings: Settings,
    y: FloatArray,
    rows: IntArray,
    moderator: FloatArray | None = None,
    own_from: int | None = None,
) -> OneStepFit:
    """One separate fit to people at the root; `own_from`: trials with slopes of their own, where that is decided."""
    options = Options(
        treatment_effect=settings.treatment_effect,
        adjuster_slopes=settings.adjuster_slopes,
        moderator_slopes=settings.adjuster_slopes,
        people_per_slope=settings.people_per_slope,
        own_from=own_from,
    )
    table = checked(y[rows], people.treatment[rows], people.trial[rows], people.adjusters[rows], moderator)
    return fit_columns(table, options)
