"""Moderators as a screening fits them, before anything is recorded: which can be tested, which are searched, what is too small.

In: the people and moderators of a cell, and the node of the study file. Out: fits, `Screened` moderators, and the `Choice` of a
search. Each moderator is fitted by `reportgen.stats.screen_moderator` to the people who have it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from reportgen.analyses.adjusters import with_adjusters
from reportgen.analyses.arm_events import has_few_events
from reportgen.analyses.moderator_values import Moderator, column_of
from reportgen.analyses.pooled_fits import LINKS, reference_of
from reportgen.analyses.search_people import Cost, people_of_search
from reportgen.analyses.selection import Selection, adjusters_of, not_estimable
from reportgen.records.numbers import Value
from reportgen.records.screened_choice import ScreenedChoice
from reportgen.release.rules import TOO_FEW, few_in_an_arm, guards, in_both_arms
from reportgen.release.values import Values
from reportgen.spec.analyses import FromScreening, Search
from reportgen.spec.analyses import Moderators as Node
from reportgen.stats import (
    Entered,
    ModeratorFit,
    Reading,
    screen_moderator,
    screen_moderator_glmm,
    screen_trial_covariate,
    screen_trial_covariate_glmm,
)
from reportgen.stats.choices import TreatmentEffect
from reportgen.stats.event_null import EventNull
from reportgen.stats.event_screening import PreparedEventScreening
from reportgen.stats.events import event_participants
from reportgen.stats.screening import Screening, passing, sorted_out


@dataclass(frozen=True, slots=True)
class Screened:
    """A moderator as screened: its fit, whom it costs, and what of it is too small to be disclosed.

    `few` are the codes of levels with too few people of an arm; `few_at_all` says that so few people have any value.
    """

    moderator: Moderator
    fit: ModeratorFit
    cost: Cost
    few: frozenset[int] = frozenset()
    few_at_all: bool = False

    def tested(self, node: Node) -> Reading:
        """Return the reading that is tested."""
        return reading_tested(self.fit, node)

    def entered(self, node: Node) -> Entered:
        """Return who tells something of the tested reading; where nothing may be disclosed, who is in its model."""
        return self.fit.telling if node.reading == "within" and self.disclosed else self.fit.entered

    def suppresses(self, reading: Reading) -> bool:
        """Whether a reading is suppressed, or the reason why there is none: that few people vary would say who they are."""
        silent = reading is self.fit.within and self.fit.telling.trials < self.fit.entered.trials
        return not self.disclosed and (reading.estimated or silent)

    def suppresses_level(self, code: int | None) -> bool:
        """Whether the difference of a level from the reference, or of a quantity (None), rests on too few people."""
        return self.few_at_all or code in self.few or self.fit.reference in self.few

    @property
    def disclosed(self) -> bool:
        """Whether any contrast may be disclosed."""
        return not all(self.suppresses_level(code) for code in self.fit.codes or (None,))


def screening(people: Selection, columns: Mapping[str, Moderator], *, node: Node) -> tuple[ModeratorFit, ...]:
    """Screen moderators one by one, each on the people who have it; one fit a moderator, in their order."""
    return tuple(_fit(people, moderator, node) for moderator in columns.values())


def without_sites(
    fits: Sequence[ModeratorFit], people: Selection, columns: Mapping[str, Moderator], node: Node | None
) -> Sequence[ModeratorFit]:
    """Return the fits of a screening as a search takes them: by models without sites, which neither it nor its draws know.

    Parameters
    ----------
    fits : sequence of ModeratorFit
        Of the screening; empty without one.
    people : Selection
    columns : mapping of str to Moderator
        The moderators of the screening.
    node : Moderators node of the study file, or None
        The screening.
    """
    if people.site is None or node is None:
        return fits
    return screening(replace(people, site=None), columns, node=node)


def as_screened(
    people: Selection, columns: Mapping[str, Moderator], fits: Sequence[ModeratorFit], node: Node
) -> list[Screened]:
    """Return each moderator of a screening with its fit and whom it costs; nothing is suppressed yet (see `guarded`)."""
    costs = people_of_search(people, columns, missing="available", minimum_trials=node.minimum_trials).costs
    return [Screened(moderator, fit, cost) for moderator, fit, cost in zip(columns.values(), fits, costs, strict=True)]


def reading_tested(fit: ModeratorFit, node: Node) -> Reading:
    """Return the reading of a fit that a screening tests: of a covariate of trials there is one alone."""
    if fit.across_trials:
        return fit.across
    return fit.naive if node.reading == "naive" else fit.within


def screened_in(names: Sequence[str], fits: Sequence[ModeratorFit], node: Node, p_below: float) -> tuple[str, ...]:
    """Return the moderators of a screening that a search takes: p of the tested reading below a limit, smallest first.

    Parameters
    ----------
    names : sequence of str
        Moderators of the screening, as in the study file.
    fits : sequence of ModeratorFit
        Of each of them, in the people of the search.
    node : Moderators node of the study file
        Says which reading is tested.
    p_below : float
        Of levels, the p of their joint test must lie below it.

    Returns
    -------
    tuple of str
        Empty where no moderator reaches the limit. Equal p keep the order of the study file.
    """
    tested = [(name, reading_tested(fit, node)) for name, fit in zip(names, fits, strict=True)]
    reached = sorted((reading.p_value, place) for place, (_, reading) in enumerate(tested) if reading.estimated)
    return tuple(names[place] for p, place in reached if p < p_below)


@dataclass(frozen=True, slots=True)
class Choice:
    """The moderators of a search: its own list, or those that a screening finds in its people.

    Attributes
    ----------
    names : tuple of str
    sorted_out : int
        Moderators that the screening tested and did not choose.
    null : EventNull or None
        Of events after a screening: the model of all candidates, in which the moderators were chosen.
    more, fewer : tuple of str
        Of events: the moderators that are searched, or not, other than p of the models of the screening would have it.
    reason : str
        Why nothing could be screened.
    """

    names: tuple[str, ...]
    sorted_out: int = 0
    null: EventNull | None = None
    more: tuple[str, ...] = ()
    fewer: tuple[str, ...] = ()
    reason: str = ""


def choice_of(
    node: Search,
    people: Selection,
    columns: Mapping[str, Moderator],
    fits: Sequence[ModeratorFit],
    screened_by: Node | None,
) -> Choice:
    """Return the moderators that a search is asked for.

    Parameters
    ----------
    node : Search node of the study file
    people : Selection
        A selection with too few trials is not screened.
    columns : mapping of str to Moderator
        The search's own list, or all moderators of the screening.
    fits : sequence of ModeratorFit
        Of the screening; empty without one.
    screened_by : Moderators node of the study file, or None

    Notes
    -----
    A screening of events is repeated in random draws by one step from the model without effect modification. The data are
    screened in the same way, for p of the search would otherwise compare two different searches.
    """
    if screened_by is None:
        return Choice(tuple(columns))
    if not_estimable(people, node):
        return Choice(())
    assert isinstance(node.moderators, FromScreening)
    limit, names = node.moderators.p_below, tuple(columns)
    printed = screened_in(names, fits, screened_by, limit)
    if people.kind == "continuous":
        p = np.array([reading_tested(fit, screened_by).p_value for fit in fits], float)
        return Choice(printed, sorted_out(p, limit))
    screened = stepped(people, columns, screened_by, node.treatment_effect)
    p = screened.run(screened.null.response).p_value
    chosen = passing(names, p, limit)
    more = tuple(name for name in chosen if name not in printed)
    fewer = tuple(name for name in printed if name not in chosen)
    reason = with_adjusters(screened.null.message, people.adjuster_of)
    return Choice(chosen, sorted_out(p, limit), screened.null, more, fewer, reason)


def choice_record(choice: Choice, columns: Mapping[str, Moderator], values: Values) -> ScreenedChoice[Value] | None:
    """Return how a screening chose the moderators of a search, as a record; None where p of its models decided, or it was none."""
    if choice.null is None:
        return None
    more, fewer = (
        tuple(values.at(word, name).quote("label", columns[name].label) for name in names)
        for word, names in (("more by a step", choice.more), ("fewer by a step", choice.fewer))
    )
    return ScreenedChoice(more, fewer)


def stepped(
    people: Selection,
    columns: Mapping[str, Moderator],
    node: Node,
    treatment_effect: TreatmentEffect | None = None,
) -> PreparedEventScreening:
    """Return a screening of events as draws repeat it, by one step from a model of all its moderators.

    Parameters
    ----------
    people : Selection
    columns : mapping of str to Moderator
    node : Moderators node of the study file
    treatment_effect : {'random', 'common'}, optional
        Of that model, where a search stands behind the screening.
    """
    values = {name: column_of(moderator, people) for name, moderator in columns.items()}
    events = event_participants(
        people.response, people.treatment, people.trial, LINKS[people.kind], adjusters_of(people), people.exposure
    )
    return screening_of(node, columns, 1.0).prepare_events(events, values, treatment_effect)


def screening_of(node: Node, columns: Mapping[str, Moderator], p_below: float) -> Screening:
    """Return a screening as draws repeat it."""
    options = node.model_dump(
        include={
            *("minimum_trials", "treatment_effect", "inference", "df_floor"),
            *("interaction_effect", "adjuster_slopes", "residual"),
        }
    )
    references = {name: max(column.reference, 0) for name, column in columns.items() if column.categorical}
    return Screening(p_below, node.reading, options, references)


def testable(
    selection: Selection, moderators: Iterable[Moderator], node: Node, minimum: int
) -> list[tuple[Screened, str]]:
    """Return each moderator of a screening with the reason why it cannot be tested, empty where it can; nothing is fitted.

    Parameters
    ----------
    selection : Selection
    moderators : iterable of Moderator
    node : Moderators node of the study file
    minimum : int
        The smallest cell of the policy.
    """
    bare = node.model_copy(update={"percentiles": (), "inference": "normal"})
    columns = {moderator.name: moderator for moderator in moderators}
    fits = [_fit(selection, moderator, bare, search=False) for moderator in columns.values()]
    found = guarded(as_screened(selection, columns, fits, bare), selection, minimum)
    return [
        (item, item.tested(node).reason.removeprefix("it ") or ("" if item.disclosed else TOO_FEW)) for item in found
    ]


def _fit(selection: Selection, moderator: Moderator, node: Node, *, search: bool = True) -> ModeratorFit:
    """Screen one moderator; `search=False` as in `fit_one_step`."""
    people = selection.response, selection.treatment, selection.trial, column_of(moderator, selection)
    asked: dict[str, Any] = {
        "adjusters": adjusters_of(selection),
        "reference": max(moderator.reference, 0),
        "per": moderator.per,
        "percentiles": node.percentiles,
        "reading": node.reading,
        "minimum_trials": node.minimum_trials,
        "treatment_effect": node.treatment_effect,
        "interaction_effect": node.interaction_effect,
        "search": search,
    }
    if moderator.of_trials:
        for name in ("reading", "interaction_effect"):
            del asked[name]
    if selection.kind != "continuous":
        link = LINKS[selection.kind]
        of_events = screen_trial_covariate_glmm if moderator.of_trials else screen_moderator_glmm
        fit = of_events(
            *people,
            link=link,
            exposure=selection.exposure,
            inference=reference_of(node.inference),
            widened=True,
            **asked,
        )
        return _with_names(fit, selection)
    screen = screen_trial_covariate if moderator.of_trials else screen_moderator
    return screen(
        *people,
        inference=node.inference,
        df_floor=node.df_floor,
        adjuster_slopes=node.adjuster_slopes,
        residual=node.residual,
        site=selection.site,
        **asked,
    )


def _with_names(fit: ModeratorFit, selection: Selection) -> ModeratorFit:
    """Return a fit whose reasons call adjusters as the study file does."""

    def named(reading: Reading) -> Reading:
        return replace(reading, reason=with_adjusters(reading.reason, selection.adjuster_of))

    names = ("within", "naive", "across", "in_these_trials", "in_new_trials")
    readings: dict[str, Any] = {name: named(getattr(fit, name)) for name in names}
    return replace(fit, **readings)


def guarded(found: Iterable[Screened], selection: Selection, minimum: int) -> list[Screened]:
    """Return moderators as screened with what of each is too small to be disclosed."""
    return [
        replace(item, few=_few_levels(item, selection, minimum), few_at_all=_few_at_all(item.fit, minimum))
        for item in found
    ]


def _few_at_all(fit: ModeratorFit, minimum: int) -> bool:
    """Whether so few people have a value, or tell something of the interaction, that an arm has too few of them."""
    sizes = [
        min(people.n_control, people.n_intervention) for people in (fit.entered, fit.telling) if people.participants
    ]
    return guards(minimum) and any(size < minimum for size in sizes)


def _few_levels(screened: Screened, selection: Selection, minimum: int) -> frozenset[int]:
    """Return the codes of the levels of which an arm has too few people, or too few with or without an event.

    Where nobody is, nothing can be disclosed anyway.
    """
    if not screened.moderator.categorical or not guards(minimum):
        return frozenset()
    codes = screened.moderator.of(selection)
    entered = in_both_arms(selection.trial, selection.treatment, ~np.isnan(codes))
    return frozenset(
        code
        for code in range(len(screened.moderator.levels))
        if few_in_an_arm(selection.treatment[entered & (codes == code)], minimum)
        or has_few_events(selection, entered & (codes == code), minimum)
    )
