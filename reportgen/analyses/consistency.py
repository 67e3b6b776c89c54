"""Whether the interaction with a subgroup is alike from trial to trial, as a record tells it.

In: people of a search, who is inside and who on the other side. Out: a `Consistency`. Each trial has its own interaction of
treatment with being inside (stats/interaction_by_trial.py), pooled in two stages for I² and Q. Trials with few people in an arm of
either side tell nothing of it and would show who they are: they do not enter.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from reportgen.analyses.pooled_fits import LINKS
from reportgen.analyses.recording import NAN
from reportgen.analyses.selection import Selection, adjusters_of, narrowed
from reportgen.records.numbers import Value
from reportgen.records.trial_interactions import Consistency
from reportgen.release.values import Values
from reportgen.stats import interaction_by_trial, interaction_by_trial_glm
from reportgen.stats.held_out import FEWEST_PEOPLE

FEW_TRIALS = "fewer than two trials have enough participants in either arm of both sides"

BoolArray = NDArray[np.bool_]


def consistency_record(
    people: Selection, inside: BoolArray, outside: BoolArray, found: float, values: Values
) -> Consistency[Value]:
    """Return whether an interaction with being inside is alike from trial to trial.

    Parameters
    ----------
    people : Selection
    inside, outside : ndarray of bool, shape (n,)
        The two sides.
    found : float
        The interaction in all trials together: its sign is compared.
    values : Values
        Of the subgroup: its ids begin with those of it.
    """
    mask = _of_trials_with_enough(people, inside, outside, max(FEWEST_PEOPLE, values.minimum or 0))
    among = narrowed(people, mask, people.excluded)
    columns = among.response, among.treatment, among.trial, inside[mask].astype(float)
    adjusters = adjusters_of(among)
    if among.kind == "continuous":
        by_trial = interaction_by_trial(*columns, adjusters=adjusters)
    else:
        link = LINKS[among.kind]
        by_trial = interaction_by_trial_glm(
            *columns, link=link, exposure=among.exposure, adjusters=adjusters, widened=True
        )
    (contrast,) = by_trial.contrasts
    pooled, reason = contrast.pooled, "" if contrast.pooled.trials > 1 else FEW_TRIALS
    arms = int((people.treatment[mask] == 0).sum()), int((people.treatment[mask] == 1).sum())
    builder = values.at("consistency", n=sum(arms), trials=pooled.trials, arms=arms, status="ok")
    return Consistency(
        trials=builder.count("trials", pooled.trials, "trials"),
        same_sign=builder.count("same sign", int(np.sum(contrast.estimate * found > 0.0)), "trials"),
        i2=builder.fixed("i2", NAN if reason else 100 * pooled.i2, "i2", "%", reason),
        q_p=builder.p("q p", NAN if reason else pooled.q_p_value, reason),
    )


def _of_trials_with_enough(people: Selection, inside: BoolArray, outside: BoolArray, least: int) -> BoolArray:
    """Return who of both sides is in a trial with at least so many people in either arm of each side."""
    mask = inside | outside
    for trial in people.trials:
        here = people.trial == trial
        cells = (int(np.sum(here & side & (people.treatment == arm))) for side in (inside, outside) for arm in (0, 1))
        if min(cells) < least:
            mask = mask & ~here
    return mask
