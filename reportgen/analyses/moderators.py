"""Screening of moderators: for every outcome x follow-up x comparison, the interaction of treatment with each moderator.

In: the node of the study file and the repository. Out: a `Moderation` record. Each moderator is tried on the people who
have it, by `reportgen.stats.screen_moderator`; one that cannot be tried has its reason, and the others go on.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from reportgen.analyses.moderator_values import Moderator, moderators_of
from reportgen.analyses.search_people import Cost, people_of_search
from reportgen.analyses.selection import BASELINE_ADJUSTER, FloatArray, Measurements, Selection
from reportgen.data import Repository
from reportgen.spec.check import baseline_of
from reportgen.spec.study import Moderators as Node
from reportgen.spec.study import Study
from reportgen.stats import Levels, ModeratorFit, Reading, screen_moderator


@dataclass(frozen=True, slots=True)
class Screened:
    """A moderator as screened: its fit, and whom it costs."""

    moderator: Moderator
    fit: ModeratorFit
    cost: Cost

    def tested(self, node: Node) -> Reading:
        """Return the reading that is tested."""
        return self.fit.naive if node.reading == "naive" else self.fit.within


def screened_moderators(
    node: Node,
    selection: Selection,
    repository: Repository,
    measurements: Measurements,
    study: Study,
    p_below: float,
) -> tuple[str, ...]:
    """Return the moderators of a screening that a search takes: p of the tested reading below a limit, smallest first.

    Parameters
    ----------
    node : Moderators node of the study file
        Which moderators, which reading, which model.
    selection : Selection
        Who is screened, with the adjusters of the model.
    repository : Repository
    measurements : Measurements
        Of the same repository.
    study : Study
    p_below : float
        Of levels, the p of their joint test must lie below it.

    Returns
    -------
    tuple of str
        Names as in the study file; empty where no moderator reaches the limit. Equal p keep the order of the study file.
    """
    found = screen(selection, moderators_of(node.moderators, repository, measurements, study).values(), node)
    reached = [(one.tested(node).p_value, one.moderator.name) for one in found if one.tested(node).estimated]
    return tuple(name for p, name in sorted(reached, key=lambda pair: pair[0]) if p < p_below)


def screen(selection: Selection, moderators: Iterable[Moderator], node: Node) -> list[Screened]:
    """Screen moderators one by one, each on the people who have it."""
    named = {moderator.name: moderator for moderator in moderators}
    costs = people_of_search(selection, named, missing="available", minimum_trials=node.minimum_trials).costs
    return [_screened(selection, named[cost.moderator], cost, node) for cost in costs]


def _screened(selection: Selection, moderator: Moderator, cost: Cost, node: Node) -> Screened:
    values = values_of(moderator, selection)
    fit = screen_moderator(
        selection.change,
        selection.treatment,
        selection.trial,
        _as_levels(values, moderator) if moderator.categorical else values,
        adjusters=selection.adjusters if selection.adjusters.shape[1] else None,
        reference=max(moderator.reference, 0),
        per=moderator.per,
        percentiles=node.percentiles,
        minimum_trials=node.minimum_trials,
        treatment_effect=node.treatment_effect,
        inference=node.inference,
        df_floor=node.df_floor,
    )
    return Screened(moderator, fit, cost)


def values_of(moderator: Moderator, selection: Selection) -> FloatArray:
    """Return the values of the people of a selection; those of an adjuster where the moderator is one.

    A trial may bring one instrument at baseline and, where that was not measured again, another to the outcome: the
    baseline of the outcome is then the one that the model adjusts for.
    """
    if baseline_of(moderator.name) == selection.outcome and BASELINE_ADJUSTER in selection.adjuster_names:
        return np.asarray(selection.adjusters[:, selection.adjuster_names.index(BASELINE_ADJUSTER)], dtype=float)
    return moderator.of(selection)


def _as_levels(values: FloatArray, moderator: Moderator) -> Levels:
    codes = np.where(np.isnan(values), -1, values).astype(np.int64)
    return Levels(codes, moderator.levels, moderator.ordered)
