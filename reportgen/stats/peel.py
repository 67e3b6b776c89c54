"""ARDP, adaptive refinement by directed peeling: who gains more, as a sequence of boxes from large to small.

In: outcome, treatment, trial and moderators, a row a participant. Out: for each share of the people the box with the
largest score among those that were looked at, with its limits and effects.
Method: every moderator is peeled from one side only, its limit moving inwards to an observed value (boxes.py); a beam
search keeps the best boxes of each size (beam.py); a box is worth the z of its interaction with treatment in the
one-step model of the whole comparison (box_effects.py). After LeBlanc, Moon & Crowley 2005, Biometrics 61:1183, for
several trials as in Hee et al. 2021.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from numpy.typing import ArrayLike

from .choices import AdjusterSlopes, Gains, Information, Objective, TreatmentEffect
from .levels import Levels
from .peel_report import report
from .peel_search import prepare
from .peeling import Peeling, PeelSettings


def peel(
    outcome: ArrayLike,
    treatment: ArrayLike,
    trial: ArrayLike,
    moderators: Mapping[str, ArrayLike | Levels],
    *,
    adjusters: ArrayLike | None = None,
    directions: Literal["auto"] | Mapping[str, Gains] = "auto",
    objective: Objective = "interaction",
    alpha: float = 0.05,
    beam: int = 10,
    bin_width: float = 0.01,
    min_fraction: float = 0.1,
    min_size: int | None = None,
    min_arm: int = 10,
    min_trials: int = 2,
    treatment_effect: TreatmentEffect = "random",
    information: Information = "pooled",
    adjuster_slopes: AdjusterSlopes = "common",
    people_per_slope: int = 10,
) -> Peeling:
    """Find, for every share of the people, the box-shaped subgroup in which treatment works best relative to the rest.

    The result describes; it claims nothing. No hypothesis is tested here, and boxes found by looking for large effects
    show effects that are too large: intervals and z are those of a box fixed in advance.

    Parameters
    ----------
    outcome, treatment, trial : array_like (n,)
        As for `fit_one_step`; positive outcomes are improvements.
    moderators : mapping of str to array_like (n,) or Levels
        Numbers, NaN = missing, or categories. Only people with all of the moderators that are searched are analysed.
        Not searched, and listed in `not_searched`: categories without an order; moderators with three or fewer distinct
        values; those that do not vary within any trial unless their direction is declared; those without which
        `min_trials` trials with both arms would not remain, taken in their order; those whose interaction is 0 or
        cannot be estimated. Ordered categories are peeled by their codes.
    adjusters : array_like (n, p) or (n,), optional
        Covariates of every model that is fitted.
    directions : "auto" or mapping of str to {"small", "large"}
        Who gains more. Moderators not named, or all with "auto", take the sign of their own interaction: gamma in
        ``y = phi_i + x b + d zc + t (theta + u_i) + gamma t zc + e``, zc = z minus its mean in the trial, fitted to the
        people analysed with `treatment_effect` as below.
    objective : {"interaction", "effect"}
        What makes a box good: z of treatment x inside in the whole comparison, or z of the effect inside. With
        "interaction", while the people outside are too few to be admissible, z is (effect inside minus effect overall)
        over the standard error of the effect inside, the effect overall taken as known.
    alpha : float
        Share of the people of a box that a peel removes at least; at least one person, and always whole values.
    beam : int
        Boxes of a bin that are peeled on, along every moderator until they have left the bin.
    bin_width : float
        Width of a size bin: bin b holds shares of the people from b x width to below (b + 1) x width.
    min_fraction, min_size : float, int or None
        Least share and least number of people inside; None sets no number.
    min_arm, min_trials : int
        A group is admissible with at least so many people in each arm, and so many trials with both arms.
    treatment_effect : {"random", "common"}
        Of all models; otherwise they have the defaults of `fit_one_step`.
    information : {"pooled", "within"}
        "within": inside minus its mean in the trial takes the place of inside in its product with treatment.
    adjuster_slopes : {"common", "stratified"}
        "stratified": in models with an interaction, trials have slopes of their own of the adjusters and of the moderator or
        box. The effects inside and outside are adjusted with common slopes.
    people_per_slope : int
        Trials with fewer people per slope share one slope a column.

    Returns
    -------
    Peeling
        Moderators that cannot be searched, or people among whom nothing can be estimated, are a result: no boxes.

    Raises
    ------
    ValueError
        For unknown or impossible options (all of them named), arrays that do not match, or infinite values.

    References
    ----------
    LeBlanc, Moon & Crowley (2005), Biometrics 61:1183; Hee et al. (2021), for several trials.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(3)
    >>> trial = np.repeat(["a", "b", "c"], 200)
    >>> treatment = np.tile([0.0, 1.0], 300)
    >>> age, pain = rng.integers(20, 80, 600), rng.integers(0, 11, 600)
    >>> outcome = 4.0 * treatment * (age <= 45) + rng.normal(0.0, 2.0, 600)
    >>> found = peel(outcome, treatment, trial, {"age": age, "pain": pain}, directions={"pain": "large"})
    >>> [(one.moderator, one.gains, one.source) for one in found.directions]
    [('age', 'small', 'screening interaction'), ('pain', 'large', 'declared')]
    >>> best = max(found.boxes, key=lambda box: box.z)
    >>> [(limit.moderator, limit.side, limit.value) for limit in best.limits]
    [('age', '<=', 46.0), ('pain', '>=', None)]
    >>> bool(best.effect.estimate > best.outside.effect.estimate + 3.0)
    True
    """
    settings = PeelSettings(
        directions,
        objective,
        alpha,
        beam,
        bin_width,
        min_fraction,
        min_size,
        min_arm,
        min_trials,
        treatment_effect,
        information,
        adjuster_slopes,
        people_per_slope,
    )
    prepared = prepare(outcome, treatment, trial, moderators, adjusters, settings)
    return report(prepared, prepared.run(outcome))
