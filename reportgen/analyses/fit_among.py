"""The one-step model of some of the people of a selection: those in a subgroup, in a box, or in both.

In: a selection, who of it is meant, and the node whose settings hold. Out: a fit of `reportgen.stats`, by the kind of the outcome.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from reportgen.analyses.pooled_fits import LINKS
from reportgen.analyses.selection import Selection, adjusters_of, narrowed
from reportgen.spec.analyses import Pooled
from reportgen.stats import OneStepFit, fit_one_step
from reportgen.stats.choices import AdjusterSlopes, Approximation
from reportgen.stats.event_groups import EventGroupFit, fit_event_group
from reportgen.stats.moderators import PEOPLE_PER_SLOPE


def fit_among(
    selection: Selection,
    mask: NDArray[np.bool_] | NDArray[np.int64],
    node: Pooled,
    *,
    inference: Approximation = "kenward-roger",
    adjuster_slopes: AdjusterSlopes = "common",
) -> OneStepFit | EventGroupFit:
    """Fit the treatment effect among some people, in a model of their own.

    Parameters
    ----------
    selection : Selection
    mask : ndarray
        A mask over the people of the selection, or their places in it.
    node : Pooled
        Says whether the effect varies between trials.
    inference : {'kenward-roger', 'normal'}
        `normal` for intervals as publications print them that know no other.
    adjuster_slopes : {'common', 'stratified'}
        With `stratified`, trials with too few people per slope share one. Models of events have common slopes.
    """
    among = narrowed(selection, mask, selection.excluded)
    people = among.response, among.treatment, among.trial
    if among.kind != "continuous":
        return fit_event_group(
            *people,
            LINKS[among.kind],
            exposure=among.exposure,
            adjusters=adjusters_of(among),
            treatment_effect=node.treatment_effect,
            inference="normal" if inference == "normal" else "t",
        )
    return fit_one_step(
        *people,
        adjusters=adjusters_of(among),
        treatment_effect=node.treatment_effect,
        inference=inference,
        adjuster_slopes=adjuster_slopes,
        people_per_slope=PEOPLE_PER_SLOPE,
    )
