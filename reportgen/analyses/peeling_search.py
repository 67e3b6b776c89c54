"""The search of a directed peeling in one selection of people, for its record and for whoever compares it with another.

In: the node of the study file, and who enters. Out: `Peeled`, the result of `reportgen.stats.peel` with the people whom it
saw. Who lacks a moderator that is peeled leaves the selection, with the reason.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reportgen.analyses.moderator_values import Moderator, column_of
from reportgen.analyses.pooled_fits import LINKS
from reportgen.analyses.recording import NAN
from reportgen.analyses.screened import Choice, choice_of, without_sites
from reportgen.analyses.search_people import Cost, SearchPeople, people_who_enter
from reportgen.analyses.selection import Selection, adjusters_of, not_estimable
from reportgen.release.rules import guards
from reportgen.spec.analyses import DirectedPeeling as Node
from reportgen.spec.analyses import Moderators
from reportgen.stats import Levels, ModeratorFit, Peeling, peel, peel_events
from reportgen.stats.event_null import EventNull
from reportgen.stats.peel_search import people_and_moderators
from reportgen.stats.peeling import Box, PeelSettings

BoolArray = NDArray[np.bool_]
GAINS = {"lower gain more": "small", "higher gain more": "large"}


@dataclass(frozen=True, slots=True)
class Peeled:
    """A search with the people whom it saw.

    Attributes
    ----------
    selection : Selection
        Those with every moderator that was needed; the others stand under `excluded`.
    moderators : dict of str to Moderator
        All that were asked for, by name.
    costs : tuple of Cost
    found : Peeling or None
        Its arrays have one place for each of the people of `selection`; None where nothing could be searched.
    members : tuple of ndarray, shape (n,)
        Who is inside, for each box of the frontier.
    reason : str
        Why nothing could be searched.
    choice : Choice
        Of its moderators.
    """

    selection: Selection
    moderators: dict[str, Moderator]
    costs: tuple[Cost, ...]
    found: Peeling | None
    members: tuple[BoolArray, ...]
    reason: str
    choice: Choice

    def place(self, size: float) -> int | None:
        """Return the place on the frontier of the box that is nearest to a share of the people; None without boxes."""
        if self.found is None or not self.found.boxes:
            return None
        (box,) = self.found.nearest((size,))
        return next(i for i, other in enumerate(self.found.boxes) if other is box)

    def nearest(self, size: float) -> tuple[Box, BoolArray] | None:
        """Return the box of the frontier that is nearest to a share of the people, and who is inside."""
        place = self.place(size)
        if self.found is None or place is None:
            return None
        return self.found.boxes[place], self.members[place]


def peeled(
    people: Selection,
    columns: Mapping[str, Moderator],
    screened: Sequence[ModeratorFit] = (),
    *,
    node: Node,
    minimum_cell: int,
    screened_by: Moderators | None = None,
) -> Peeled:
    """Search one cell.

    Parameters
    ----------
    people : Selection
    columns : mapping of str to Moderator
        The moderators of the search, or all of the screening that it takes its own from.
    screened : sequence of ModeratorFit
        The fits of that screening in these people; empty without one.
    node : DirectedPeeling node of the study file
    minimum_cell : int
        Of the policy.
    screened_by : Moderators node of the study file, optional

    Returns
    -------
    Peeled
        Without a search where the selection has too few trials or no moderator was screened in.
    """
    selection = people
    reason = not_estimable(selection, node)
    screened = without_sites(screened, people, columns, screened_by)
    choice = Choice(()) if reason else choice_of(node, selection, columns, screened, screened_by)
    moderators = {name: columns[name] for name in choice.names}
    if not moderators:
        reason = reason or choice.reason or "no moderator reached the limit of the screening"
        return Peeled(selection, moderators, (), None, (), reason, choice)
    found = _search(selection, moderators, node, choice.null)
    found = _without_few_outside(found, minimum_cell)
    needed = {cost.moderator: moderators[cost.moderator] for cost in found.costs}
    entering = people_who_enter(selection, needed, found.analysed)
    members = tuple(box.members[found.analysed] for box in found.boxes)
    return Peeled(entering.selection, moderators, entering.costs, found, members, "", choice)


def _search(selection: Selection, moderators: Mapping[str, Moderator], node: Node, null: EventNull | None) -> Peeling:
    """Run the search, by the kind of the outcome; of events in the model `null`, if one is there."""
    columns = selection.response, selection.treatment, selection.trial
    values = {name: _values(moderator, selection) for name, moderator in moderators.items()}
    options = {"adjusters": adjusters_of(selection), **peel_options(node, moderators, selection)}
    if selection.kind == "continuous":
        return peel(*columns, values, **options)
    assert node.min_events is not None
    link, exposure = LINKS[selection.kind], selection.exposure
    return peel_events(
        *columns,
        values,
        link=link,
        exposure=exposure,
        good=selection.good,
        min_events=node.min_events,
        null=null,
        **options,
    )


def _without_few_outside(found: Peeling, minimum: int) -> Peeling:
    """Return a peeling without the boxes that leave so few people of an arm outside that these could be worked out."""
    if not guards(minimum):
        return found
    boxes = tuple(
        box
        for box in found.boxes
        if not box.outside.n or min(box.outside.n_control, box.outside.n_intervention) >= minimum
    )
    if found.boxes and not boxes:
        return replace(found, boxes=(), message="every box leaves too few participants outside to be printed")
    return replace(found, boxes=boxes)


def searchable(
    node: Node, selection: Selection, moderators: Mapping[str, Moderator]
) -> tuple[SearchPeople, tuple[tuple[str, str], ...]]:
    """Return who would be searched along which moderators, and why the others would not be; nothing is fitted.

    Parameters
    ----------
    node : DirectedPeeling node of the study file
    selection : Selection
    moderators : mapping of str to Moderator
        All that are asked for.
    """
    cases = people_and_moderators(
        selection.response,
        selection.treatment,
        selection.trial,
        {name: _values(moderator, selection) for name, moderator in moderators.items()},
        adjusters_of(selection),
        PeelSettings(**peel_options(node, moderators, selection)),
    )
    needed = {name: moderators[name] for name in cases.moderators}
    enters = np.isin(np.arange(selection.n), cases.rows)
    people = people_who_enter(selection, needed, enters)
    return people, tuple((item.moderator, item.reason) for item in cases.not_searched)


def peel_options(node: Node, moderators: Mapping[str, Moderator], people: Selection) -> dict[str, Any]:
    """Return the options of a search among some moderators, by the kind of the outcome of its people."""
    return {
        "directions": {name: GAINS[gains] for name, gains in node.directions.items() if name in moderators},
        "min_arm": node.min_arm,
        "min_trials": node.min_trials,
        "treatment_effect": node.treatment_effect,
        "objective": node.objective,
        "information": node.information,
        "adjuster_slopes": node.adjuster_slopes if people.kind == "continuous" else "common",
        "alpha": node.alpha,
        "beam": node.beam,
        "bin_width": node.bin_width,
        **_smallest(node),
    }


def _values(moderator: Moderator, selection: Selection) -> NDArray[np.float64] | Levels:
    """Return the values of a moderator as the search takes them, with those people missing whom its cost counts."""
    values = column_of(moderator, selection)
    return values if isinstance(values, Levels) else np.where(np.isnan(moderator.of(selection)), NAN, values)


def _smallest(node: Node) -> dict[str, Any]:
    """Return how small a box may be; a share of the people analysed is what `min_fraction` means."""
    size = node.min_size or 0.0
    if size >= 1:
        return {"min_fraction": node.min_fraction, "min_size": int(size)}
    return {"min_fraction": max(node.min_fraction, size), "min_size": None}
