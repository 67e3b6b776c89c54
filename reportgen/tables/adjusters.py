"""What is said of adjusters that a model leaves out, and of people who lack one: the same words in notes and methods.

In: fits with their titles, as recorded. Out: sentences, one for each adjuster and reason, that name the fits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Protocol, TypeVar

from reportgen.records.estimate import ComparisonRecord, ExcludedParticipants, NotAdjusted
from reportgen.records.exclusion import Exclusion, ExclusionReason
from reportgen.records.model import PooledEffect
from reportgen.records.moderation import Screen
from reportgen.records.numbers import Inline, Number, plain
from reportgen.records.partition import Members, PartitionedOutcome, Subgroup
from reportgen.records.peeling import PeeledOutcome
from reportgen.records.record import Record, Result
from reportgen.tables.phrases import count_made, joined

Fits = Sequence[tuple[Inline, tuple[NotAdjusted, ...]]]
"""Fits that have an estimate: title, and the adjusters that each leaves out."""


class Cell(Protocol):
    """Something of one outcome at one follow-up in one comparison."""

    @property
    def comparison(self) -> str:
        """Name in the study file."""

    @property
    def outcome_label(self) -> Number:
        """As printed."""

    @property
    def follow_up_label(self) -> Number:
        """As printed."""


class ReportedResult(Result, Cell, Protocol):
    """A result with what it is called."""


R = TypeVar("R", bound=ReportedResult)
FitsOf = Callable[[R, Inline], Fits]
"""Result and title to the fits of the result."""


def fit_title(one: Cell, comparisons: Sequence[ComparisonRecord]) -> Inline:
    """Return outcome and follow-up, with the comparison where an analysis has several."""
    titles = {comparison.name: comparison.title for comparison in comparisons}
    which: Inline = (titles[one.comparison], ": ") if len(comparisons) > 1 else ()
    return (*which, *title_of(one))


def fits_of(record: Record[Any, R, Number], each: FitsOf[R]) -> Fits:
    """Return the fits of an analysis that have an estimate; `each` says which those of one result are."""
    return [fit for result in record.results for fit in each(result, fit_title(result, record.comparisons))]


def effect_fits(effect: PooledEffect, title: Inline) -> Fits:
    """Return the fit of a pooled effect."""
    return [(title, effect.not_adjusted)] if effect.estimate.effect.value is not None else []


def title_of(one: Cell) -> Inline:
    """Return outcome and follow-up."""
    return (one.outcome_label, ", ", one.follow_up_label)


def screen_fits(screen: Screen, title: Inline) -> Fits:
    """Return the fits of a screening; one for all moderators where they leave out the same."""
    tested = [interaction for interaction in screen.interactions if interaction.tier != "not estimable"]
    reported = {_key(item.not_adjusted) for item in tested}
    if len(reported) < 2:
        return [(title, item.not_adjusted) for item in tested[:1]]
    return [((*title, ", ", item.label), item.not_adjusted) for item in tested]


def search_fits(search: PartitionedOutcome, title: Inline) -> Fits:
    """Return the fits of a recursive partitioning: everybody, then subgroups that leave out something more."""
    if search.overall.estimate.effect.value is None:
        return []
    known = _key(search.overall.not_adjusted)
    more = [
        ((*title, ", ", *words), tuple(lost for lost in group.not_adjusted if lost.adjuster.text not in known))
        for subgroup in search.subgroups
        for words, group in _groups(subgroup)
        if group.estimate.effect.value is not None
    ]
    return [(title, search.overall.not_adjusted), *(fit for fit in more if fit[1])]


def _groups(found: Subgroup) -> Iterator[tuple[Inline, Members]]:
    yield found.inside.words, found.inside
    yield found.split.other.words, found.sibling
    if len(found.inside.rule) > 1:  # with one condition, the other side is everybody else
        yield ("all but ", *found.inside.words), found.complement


def peeling_fits(peeling: PeeledOutcome, title: Inline) -> Fits:
    """Return the fits of a directed peeling: everybody, then subgroups that leave out something more."""
    if peeling.overall.effect.value is None:
        return []
    known = _key(peeling.not_adjusted)
    boxes = [
        ((*title, ", size ", box.share), tuple(item for item in box.not_adjusted if item.adjuster.text not in known))
        for box in peeling.boxes
    ]
    return [(title, peeling.not_adjusted), *(box for box in boxes if box[1])]


def _key(lost: Iterable[NotAdjusted]) -> frozenset[str]:
    return frozenset(item.adjuster.text for item in lost)


def adjuster_name(adjuster: Number) -> Inline:
    """Return what an adjuster is called in a sentence; `baseline` is the value of the outcome itself."""
    return ("the baseline value of the outcome",) if is_own_baseline(adjuster) else (adjuster,)


def is_own_baseline(adjuster: Number) -> bool:
    """Whether an adjuster is the baseline value of the outcome itself."""
    return adjuster.text == "baseline"


def not_adjusted(fits: Fits) -> tuple[Inline, ...]:
    """Return a sentence for each adjuster and reason: "Not adjusted for Dose (one value in all): RMDQ, short."

    Parameters
    ----------
    fits : sequence of (Inline, tuple of NotAdjusted)
        Where an adjuster is in none of several, the sentence says so and does not name them. A baseline that none of
        them has is not missed.
    """
    found: dict[tuple[str, str], tuple[NotAdjusted, list[Inline]]] = {}
    for title, lost in fits:
        for item in lost:
            found.setdefault((item.adjuster.text, plain(item.reason)), (item, []))[1].append(title)
    return tuple(
        _sentence(one, titles, len(fits))
        for one, titles in found.values()
        if one.kind != "unmeasured" or len(titles) < len(fits)
    )


def _sentence(item: NotAdjusted, titles: Sequence[Inline], of: int) -> Inline:
    named = {plain(title): title for title in titles}
    where: Inline = (" in any model",) if len(titles) == of > 1 else (": ", *joined(named.values()))
    return ("Not adjusted for ", *adjuster_name(item.adjuster), " (", *item.reason, ")", *where, ".")


def in_models(adjusters: Sequence[Number], fits: Fits) -> tuple[Number, ...]:
    """Return the adjusters that some model has; all of them where nothing was fitted."""
    never = frozenset.intersection(*(_key(lost) for _, lost in fits)) if fits else frozenset()
    return tuple(adjuster for adjuster in adjusters if adjuster.text not in never)


def without_adjuster(
    name: str, adjusters: Sequence[Number], excluded: Sequence[Sequence[ExcludedParticipants]]
) -> Inline:
    """Return the sentence on people who are left out since they lack an adjuster; nothing where there are none.

    Parameters
    ----------
    name : str
        What the ids of its counts begin with.
    adjusters : sequence of Number
    excluded : sequence of sequence of ExcludedParticipants
        Who was left out of each fit.
    """
    counted = {
        adjuster.text: [
            sum(
                int(item.n.value or 0)
                for item in lost
                if item.exclusion == Exclusion(ExclusionReason.NO_VALUE, adjuster.text)
            )
            for lost in excluded
        ]
        for adjuster in adjusters
    }
    parts = [
        (*adjuster_name(adjuster), *_most(name, adjuster.text, counts))
        for adjuster in adjusters
        if any(counts := counted[adjuster.text])
    ]
    return ("Excluded because they have no value of an adjuster: ", *joined(parts), ".") if parts else ()


def _most(name: str, adjuster: str, counts: Sequence[int]) -> Inline:
    most = count_made(name, f"without {adjuster}", max(counts))
    people = " participant" if most.value == 1 else " participants"
    if len(counts) == 1:
        return (", ", most, people)
    return (", at most ", most, f"{people} of an outcome and follow-up")


def tables_of(effects: Sequence[PooledEffect]) -> Fits:
    """Return the fits of pooled effects in a table of one comparison."""
    return [fit for effect in effects for fit in effect_fits(effect, title_of(effect))]
