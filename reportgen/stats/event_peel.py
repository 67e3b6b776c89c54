"""ARDP of events: directed peeling with boxes compared by one step of a model of events without any box.

In: events, or numbers of events, of participants of several trials, and moderators measured before randomisation. Out: as of
`peel`, effects being log odds ratios or log rate ratios.
Method: the beam search of beam.py, as the kernel of frontier.py. The model without any box has all moderators that are peeled linear
(event_null.py); directions come from its step for the interaction with each of them, boxes from that with being inside
(event_boxes.py). A box that leaves too few people or events outside for a comparison has no score. Effects inside and outside, and
differences, are fitted anew where they are reported (event_groups.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .beam import Bins, ScoredBox
from .box_effects import sum_by_trial
from .boxes import DirectedGrid, Grid, Mask, People, Ranks
from .candidate import ESTIMATE
from .choices import Gains, Link
from .complete_cases import CompleteCases, NotSearched
from .crossproducts import Columns, FloatArray, IntArray
from .effect import NOTHING, Effect
from .event_boxes import EventStep, box_interactions, effects_inside, event_rows, happened_in, linear_interactions
from .event_groups import EventGroupFit, fit_event_group
from .event_null import EventNull, event_null, nearly_events
from .event_partition import FEWEST_EVENTS
from .event_splits import EventBase, EventObserved, event_base, observe_events
from .events import Participants, complete_participants, event_participants
from .frontier import best_boxes
from .levels import Levels
from .moderator_models import ESTIMATED
from .moderators_glmm import event_people, separates_within_trials
from .one_step import ExcludedParticipants
from .one_step_glmm import GlmmOptions
from .peel_people import as_numbers, cases_of, centred_columns, checked, declared_directions
from .peel_report import report
from .peel_search import Found, admissible, least_people, search_rules
from .peeling import Direction, Peeling, PeelSettings

ALIKE = "nobody, or everybody, who has the moderators has the event, which tells nothing about the ratio"
NO_SIGN = "its interaction with treatment has no sign: it follows from the other columns of the model"
NOT_DISTINCT = "the treatment cannot be distinguished from the trials, the adjusters and the moderators"
NOT_FOR_EVENTS = {"objective": "interaction", "adjuster_slopes": "common"}


def peel_events(
    outcome: ArrayLike,
    treatment: ArrayLike,
    trial: ArrayLike,
    moderators: Mapping[str, ArrayLike | Levels],
    *,
    link: Link = "logit",
    exposure: ArrayLike | None = None,
    adjusters: ArrayLike | None = None,
    good: bool = True,
    min_events: int = FEWEST_EVENTS,
    null: EventNull | None = None,
    **options: Any,
) -> Peeling:
    """Find, for every share of the people, the box-shaped subgroup in which treatment does most for, or against, an event.

    Parameters
    ----------
    outcome, treatment, trial, link, exposure, adjusters
        As for `fit_one_step_glmm`.
    moderators : mapping of str to array_like (n,) or Levels
        As for `peel`.
    good : bool
        Whether the event is good: the best boxes then are those with the larger log ratios, else the smaller.
    min_events : int
        A group is admissible with so many people of each arm with the event, and without; of counts with one, at least.
    null : EventNull, optional
        The model without any box, of these participants: where a screening chose the moderators, that of all candidates.
    **options
        Those of `peel`, with the objective "interaction" and common slopes.

    Returns
    -------
    Peeling
        Larger z are better, whichever log ratios are.

    Raises
    ------
    ValueError
        As for `fit_one_step_glmm` and `peel`.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> trial, treatment = np.repeat(["a", "b", "c"], 400), np.tile([0.0, 1.0], 600)
    >>> age, pain = rng.integers(20, 70, 1200), rng.integers(0, 11, 1200)
    >>> relapse = rng.random(1200) < np.where((treatment == 1.0) & (age <= 45), 0.15, 0.45)
    >>> found = peel_events(relapse, treatment, trial, {"age": age, "pain": pain}, good=False, bin_width=0.05)
    >>> found.directions[0].gains
    'small'
    >>> best = max(found.boxes, key=lambda box: box.z)
    >>> bool(best.effect.estimate < best.outside.effect.estimate - 1.0)
    True
    """
    people = event_participants(outcome, treatment, trial, link, adjusters, exposure)
    prepared = prepare_event_peel(
        people, moderators, PeelSettings(**options), good=good, min_events=min_events, null=null
    )
    return report(prepared, prepared.run(prepared.null.response))


def prepare_event_peel(
    people: Participants,
    moderators: Mapping[str, ArrayLike | Levels],
    settings: PeelSettings,
    *,
    good: bool,
    min_events: int,
    null: EventNull | None = None,
) -> PreparedEventPeel:
    """Do all that does not depend on the response; parameters as of `peel_events`.

    Raises
    ------
    ValueError
        For options and columns, all that are wrong.
    """
    wrong = [
        f"{name}={getattr(settings, name)!r} is not for events; leave it at {value!r}"
        for name, value in NOT_FOR_EVENTS.items()
        if getattr(settings, name) != value
    ]
    wrong += [] if min_events >= 1 else [f"min_events={min_events!r} must be at least 1"]
    if wrong:
        raise ValueError("; ".join(wrong))
    table = people.table
    checked(table.outcome, table.treatment, table.labels[table.codes], moderators, table.adjusters, settings)
    values, _ = as_numbers(moderators)
    near = nearly_events(people, moderators, complete_participants(people)) if null is None else null.left_out
    cases = cases_of(table, {name: item for name, item in moderators.items() if name not in near}, settings)
    left_out = tuple(NotSearched(name, reason) for name, reason in near.items())
    cases = replace(cases, not_searched=(*cases.not_searched, *left_out))
    observed = np.zeros(len(table.outcome), bool)
    observed[cases.rows] = True
    peeled = {name: moderators[name] for name in cases.moderators}
    null = (null or event_null(people, peeled, observed, settings.treatment_effect, {})).within(observed)
    rows = null.rows
    searched = [values[name][rows] for name in cases.moderators]
    levels = {name: moderator.levels for name, moderator in moderators.items() if isinstance(moderator, Levels)}
    return PreparedEventPeel(
        settings,
        _without_alike(cases, table, rows) if len(rows) else cases,
        len(table.outcome),
        tuple(moderators),
        people,
        null,
        event_base(null.trial, np.arange(len(rows)), null.weighted) if len(rows) else None,
        Grid.of(searched, len(rows)),
        centred_columns(searched, null.trial),
        dict(levels),
        declared_directions(settings),
        1.0 if good else -1.0,
        min_events,
    )


def _without_alike(cases: CompleteCases, table: Columns, rows: IntArray) -> CompleteCases:
    """The cases of a model; trials that tell nothing about the ratio are excluded with the reason."""
    lost = np.setdiff1d(cases.rows, rows)
    codes, number = np.unique(table.codes[lost], return_counts=True)
    labels = table.labels[codes].tolist()
    excluded = tuple(ExcludedParticipants(label, int(n), ALIKE) for label, n in zip(labels, number, strict=True))
    return replace(cases, rows=rows, excluded=(*cases.excluded, *excluded))


@dataclass(frozen=True, slots=True, eq=False)
class PreparedEventPeel:
    """A search of events before it has seen a response.

    Attributes
    ----------
    settings, participants, names, grid, centred, level_names, declared
        As of `Prepared`.
    cases : CompleteCases
        Who is analysed: those in the model without any box, trial by trial.
    people : Participants
        All participants as given.
    null : EventNull
        That model.
    node : EventBase or None
        None where nothing can be estimated.
    gain : float
        1 where a larger log ratio is better, else -1.
    fewest : int
        People of each arm with the event, and without, in an admissible group.
    """

    settings: PeelSettings
    cases: CompleteCases
    participants: int
    names: tuple[str, ...]
    people: Participants
    null: EventNull
    node: EventBase | None
    grid: Grid
    centred: FloatArray
    level_names: dict[str, tuple[str, ...]]
    declared: dict[str, Gains]
    gain: float
    fewest: int

    @property
    def reason(self) -> str:
        """Why nothing can be searched with any response; empty where something can."""
        if not self.cases.moderators:
            return ""  # each of them has its own
        return self.null.message or (NOT_DISTINCT if self.node is None else "")

    @property
    def trials(self) -> int:
        """Of the people analysed."""
        return int(self.null.trial.max(initial=-1)) + 1

    def run(self, response: ArrayLike) -> Found:
        """Search with working responses of all participants, for a report."""
        y = np.asarray(response, float)[self.cases.rows]
        overall = self.fit(y)
        return self._found(y, overall)

    def draw(self, response: ArrayLike) -> Found:
        """Search likewise, without what only a report needs."""
        return self._found(np.asarray(response, float)[self.cases.rows], None)

    def _found(self, y: FloatArray, overall: EventGroupFit | None) -> Found:
        if self.node is None:
            return Found(y, (), (), overall, None, (), 0)
        directions, not_searched = self._directions(self.node, y, reported=overall is not None)
        worth = self.worth(y, directions, 0.0)
        if worth is None:
            return Found(y, directions, not_searched, overall, None, (), 0)
        boxes, evaluated = worth.best(self.bins())
        return Found(y, directions, not_searched, overall, worth, boxes, evaluated)

    def fit(self, y: FloatArray, people: Mask | None = None, moderator: FloatArray | None = None) -> EventGroupFit:
        """A model of the events, not of the responses, of some of the people analysed.

        With the interaction with a column it has the terms of the model without any box, so that it says what the step says.
        """
        table, rows = self.people.table, self.cases.rows if people is None else self.cases.rows[people]
        beside = table.adjusters[rows] if moderator is None else self.null.weighted.columns
        return fit_event_group(
            table.outcome[rows],
            table.treatment[rows],
            table.codes[rows],
            self.people.link,
            exposure=self.people.exposure[rows] if self.people.link == "log" else None,
            adjusters=beside,
            moderator=moderator,
            treatment_effect=self.settings.treatment_effect,
        )

    def inside_column(self, members: Mask) -> FloatArray:
        """A box as moderator: who is inside, minus the mean in the trial where only information within trials counts."""
        inside = members.astype(float)
        return centred_columns([inside], self.null.trial)[0] if self.settings.information == "within" else inside

    def _directions(
        self, node: EventBase, y: FloatArray, *, reported: bool
    ) -> tuple[tuple[Direction, ...], tuple[NotSearched, ...]]:
        """Who gains more along each moderator, by the sign of the step; `reported`: with the interaction, fitted anew."""
        slopes = linear_interactions(node, observe_events(node, y), self.centred) * self.gain
        found, not_searched = [], []
        for name, z, slope in zip(self.cases.moderators, self.centred, slopes.tolist(), strict=True):
            if name in self.declared:
                found.append(Direction(name, self.declared[name], "declared"))
            elif slope == 0.0 or not np.isfinite(slope):
                not_searched.append(NotSearched(name, NO_SIGN))
            else:
                gains: Gains = "small" if slope < 0.0 else "large"
                interaction, reason = self._interaction(y, z) if reported else (None, "")
                found.append(Direction(name, gains, "screening interaction", interaction, reason))
        return tuple(found), tuple(not_searched)

    def _interaction(self, y: FloatArray, z: FloatArray) -> tuple[Effect | None, str]:
        """The interaction with a moderator that is centred within trials, fitted anew, or why it has no estimate."""
        table, rows = self.people.table, self.cases.rows
        exposure = self.people.exposure[rows] if self.people.link == "log" else None
        people = table.outcome[rows], table.treatment[rows], table.codes[rows], z, self.people.link
        data = event_people(*people, exposure, self.null.weighted.columns)
        options = GlmmOptions(self.people.link, self.settings.treatment_effect, widened=True)
        if reason := separates_within_trials(data, z[:, None], options):
            return NOTHING, reason
        fit = self.fit(y, moderator=z)
        return fit.interaction, "" if fit.status in ESTIMATED else fit.message

    def worth(self, y: FloatArray, directions: tuple[Direction, ...], estimate: float) -> EventWorth | None:
        """Return what boxes are worth with a response; None where there is nothing to search; `estimate` plays no part."""
        if self.node is None or not directions:
            return None
        names = [direction.moderator for direction in directions]
        kept = [k for k, name in enumerate(self.cases.moderators) if name in names]
        grid = self.grid.select(kept).directed(np.array([direction.gains == "small" for direction in directions]))
        rows = event_rows(self.node, self.null.weighted, y)
        whole = sum_by_trial(rows, self.null.trial, self.trials)
        people = People(self.null.trial, rows)
        return EventWorth(self, y, grid, people, whole, observe_events(self.node, y))

    def bins(self) -> Bins:
        """Size bins of the people analysed."""
        people = len(self.cases.rows)
        return Bins(people, self.settings.bin_width, self.least() / people)

    def least(self) -> int:
        """Least number of people inside a box."""
        return least_people(self.settings, len(self.cases.rows))


@dataclass(frozen=True, slots=True, eq=False)
class EventWorth:
    """What boxes are worth, with one response.

    Attributes
    ----------
    prepared : PreparedEventPeel
    outcome : ndarray (n,)
        The response of the people analysed.
    grid, people, whole
        As of `Worth`; sums are those of event_boxes.py.
    observed : EventObserved
    """

    prepared: PreparedEventPeel
    outcome: FloatArray
    grid: DirectedGrid
    people: People
    whole: FloatArray
    observed: EventObserved

    def best(self, bins: Bins) -> tuple[tuple[ScoredBox, ...], int]:
        """The best box of every size bin, and how many boxes were evaluated."""
        prepared = self.prepared
        rules = search_rules(
            prepared.settings, bins, prepared.least(), gain=prepared.gain, min_events=int(prepared.fewest)
        )
        result = best_boxes(self.grid, self.people, self.whole, EventStep.of(self.observed), rules)
        assert result is not None  # the step needs no other fit
        return result

    def compared(self, sums: FloatArray) -> Mask:
        """Which boxes are compared with the people outside."""
        return self.admissible(self.whole - sums)

    def admissible(self, sums: FloatArray) -> Mask:
        """Which groups have enough people and events in each arm, and enough trials with both arms."""
        enough = happened_in(sums).min(axis=1) > self.prepared.fewest - 0.5
        return np.asarray(enough & admissible(sums, self.prepared.settings))

    def differences(self, ranks: Ranks, sums: FloatArray) -> FloatArray:
        """Treatment x inside in the whole comparison by the step, a row a box, columns as in candidate.py."""
        return box_interactions(sums, self.observed, self.prepared.settings.information == "within")

    def effects(self, sums: FloatArray, members: Callable[[int], Mask]) -> FloatArray:
        """Effect of treatment in each group by the step, a row a group, columns as in candidate.py."""
        values = np.full((len(sums), 7), np.nan)
        values[:, ESTIMATE] = effects_inside(sums, self.observed)
        return values

    def sound(self, values: FloatArray) -> Mask:
        """Which rows are reported as they are: none, since what is reported is fitted anew."""
        return np.zeros(len(values), bool)
