"""The one-step model of some of the people of a selection: those in a subgroup, in a box, or in both.

In: a selection, who of it is meant, and the node whose settings hold. Out: a fit of `reportgen.stats`, by the kind of the outcome.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reportgen.analyses.pooled_fits import LINKS, reference_of
from reportgen.analyses.selection import Selection, adjusters_of, narrowed
from reportgen.spec.analyses import Pooled
from reportgen.stats import OneStepFit, fit_one_step
from reportgen.stats.choices import AdjusterSlopes, Approximation, TreatmentEffect
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
    among = replace(narrowed(selection, mask, selection.excluded), site=None)  # no search knows sites
    options = {"adjuster_slopes": adjuster_slopes, "people_per_slope": PEOPLE_PER_SLOPE}
    return fit_people(among, node.treatment_effect, inference, **options)


def fit_people(
    people: Selection, treatment_effect: TreatmentEffect, inference: Approximation, **options: Any
) -> OneStepFit | EventGroupFit:
    """Fit the treatment effect among all people of a selection, by the kind of the outcome.

    Parameters
    ----------
    people : Selection
        With sites, which linear models have.
    treatment_effect : {'random', 'common'}
    inference : str
        As for `fit_one_step`; of events `normal`, or t for all else.
    **options
        Of linear models, as for `fit_one_step`.
    """
    columns, adjusters = (people.response, people.treatment, people.trial), adjusters_of(people)
    if people.kind == "continuous":
        return fit_one_step(
            *columns,
            adjusters=adjusters,
            site=people.site,
            treatment_effect=treatment_effect,
            inference=inference,
            **options,
        )
    return fit_event_group(
        *columns,
        LINKS[people.kind],
        exposure=people.exposure,
        adjusters=adjusters,
        treatment_effect=treatment_effect,
        inference=reference_of(inference),
    )
