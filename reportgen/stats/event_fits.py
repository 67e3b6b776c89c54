"""How a search of events fits: candidate splits by one step of the model without any split, groups by models of their own.

In: people at the root of a search with what happened to them, and that model (working_model.py). Out: `EventFits`, which a
`Search` asks. What the search compares comes from the step, in data and draws alike; effects of groups, and the difference
between both sides of a split, from generalised linear mixed models fitted anew (one_step_glmm.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from .choices import Link
from .crossproducts import FloatArray, IntArray
from .effect import Joint, student_log_p
from .event_groups import EventGroupFit, fit_event_group, ratio_test
from .event_null import EventNull
from .event_splits import (
    EventBase,
    EventGrid,
    EventObserved,
    event_base,
    fit_event_interactions,
    make_event_grid,
    observe_events,
)
from .partition_settings import Settings
from .ranks import Ranked, cut_columns
from .splits import People, make_grid
from .subgroups import Tried

NORMAL = np.array(np.inf)  # degrees of freedom: what an interaction rests on lies within trials


@dataclass(frozen=True, slots=True, eq=False)
class EventFits:
    """The fits of a search of events.

    Attributes
    ----------
    people : People
        At the root, with adjusters alone.
    settings : Settings
    null : EventNull
        The model without any split.
    link : {"logit", "log"}
    exposure : ndarray (n,) or None
    gain : float
        1 where a larger log ratio is better, else -1.
    fewest : int
        People of each arm with the event, and without, on each side of a split.
    """

    linear: ClassVar[bool] = False
    people: People
    settings: Settings
    null: EventNull
    link: Link
    exposure: FloatArray | None
    gain: float
    fewest: int

    def base(self, rows: IntArray) -> EventBase | None:
        """Some people at the root, in trials with both arms."""
        return event_base(self.people.trial, rows, self.null.weighted)

    def grid(self, base: EventBase, moderator: Ranked) -> EventGrid | None:
        """The candidate splits of a moderator among people who all have it."""
        grid = make_grid(base.base, moderator, self.settings.max_cuts)
        return None if grid is None else make_event_grid(grid, base, self.null.weighted)

    def observe(self, grid: EventGrid, y: FloatArray) -> EventObserved:
        """Bring a working response to a node."""
        return observe_events(grid.node, y)

    def try_all(self, y: FloatArray, moderator: Ranked, grid: EventGrid, seen: EventObserved) -> tuple[IntArray, Tried]:
        """Places in the grid of the candidates that are admissible and could be fitted, and their fits."""
        within = self.settings.information == "within"
        estimate, std_error = fit_event_interactions(grid, seen, self.settings.limits, self.fewest, within)
        at = np.flatnonzero(~np.isnan(estimate))
        z, (cut, level_set) = estimate[at] / std_error[at], cut_columns(moderator, grid.cuts[at])
        none = np.full(len(at), np.nan)
        df = np.full(len(at), np.inf)
        return at, Tried(
            cut, level_set, estimate[at], std_error[at], df, z, none, none, np.asarray(student_log_p(z, NORMAL), float)
        )

    def fit(self, y: FloatArray, rows: IntArray, moderator: FloatArray | None = None) -> EventGroupFit:
        """A model of the events `y` of some people at the root.

        With the interaction with a column it has the terms of the model without any split, so that it says what the step says.
        """
        people, exposure = self.people, None if self.exposure is None else self.exposure[rows]
        beside = people.adjusters if moderator is None else self.null.weighted.columns
        return fit_event_group(
            y[rows], people.treatment[rows], people.trial[rows], self.link, exposure=exposure, adjusters=beside[rows],
            moderator=moderator, treatment_effect=self.settings.treatment_effect,
        )  # fmt: skip

    def ratio_test(self, y: FloatArray, rows: IntArray, moderator: FloatArray) -> Joint | None:
        """Test the interaction of `fit` by a ratio of likelihoods."""
        people, exposure = self.people, None if self.exposure is None else self.exposure[rows]
        return ratio_test(
            y[rows], people.treatment[rows], people.trial[rows], self.link, moderator, exposure=exposure,
            adjusters=self.null.weighted.columns[rows], treatment_effect=self.settings.treatment_effect,
        )  # fmt: skip
