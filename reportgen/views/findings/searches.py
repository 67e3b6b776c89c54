"""Subgroups in a few sentences: how many searches found one, what draws say of them, and the clearest in numbers.

In: records of searches, whatever their method. Out: findings. Of a single search the sentence of `verdict_sentence` is printed,
which is the same wherever its subgroups are seen.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Protocol

from reportgen.records.derived import Derived
from reportgen.records.estimate import ComparisonRecord
from reportgen.records.honesty import Candidate, Searched, verdict_sentence
from reportgen.records.numbers import Inline, Number, Status
from reportgen.tables.phrases import NBSP, counted, estimate_cell, interval
from reportgen.views.findings.finding import Finding, Findings, derived, findings_of_each, title_of

HEADING = "Subgroups"
MOST = 2
"""Searches in numbers of the analyses of one method, those that draws support; each analysis has one at least."""
NOT_DRAWN: Inline = ("Without random draws subgroups are candidates: their effects are not corrected for the search.",)


class Search(Searched, Protocol):
    """The result of a search, and of which cell it is."""

    @property
    def comparison(self) -> str:
        """Name in the study file."""

    @property
    def outcome(self) -> str:
        """Name in the study file."""

    @property
    def status(self) -> Status:
        """Whether a search was possible."""

    @property
    def empty(self) -> bool:
        """Whether nobody could enter."""


class Searches(Protocol):
    """An analysis that searches for subgroups."""

    @property
    def name(self) -> str:
        """As in the study file."""

    @property
    def comparisons(self) -> tuple[ComparisonRecord, ...]:
        """Those that were searched."""

    @property
    def results(self) -> Sequence[Search]:
        """A search each."""


def search_findings(label: str, records: Sequence[Searches]) -> Findings:
    """Return what all searches of a method found.

    Parameters
    ----------
    label : str
        What the method is called where a sentence begins.
    records : sequence of records
    """
    found = [search for record in records for search in record.results if search.candidates]
    last = () if not found or any(map(is_drawn, found)) else (Finding(NOT_DRAWN),)
    most = max(1, MOST // max(1, len(records)))
    return findings_of_each(HEADING, partial(_of_one, label, most), records, *last)


def _of_one(label: str, most: int, record: Searches) -> Iterator[Finding]:
    searched = [search for search in record.results if search.status in ("ok", "boundary")]
    found = [search for search in searched if search.candidates]
    first = _how_many(label, record, searched, found)
    if not found:
        said = verdict_sentence(searched[0]) if len(searched) == 1 else _smallest_p(searched)
        yield Finding((*first, *((" ", *said) if said else ())), record.name)
    for place, search in enumerate(_clearest(found, most)):
        words = _in_numbers(search, record)
        words = words if place else (*first, " The clearest: ", *words)
        yield Finding(words, record.name, search.comparison, search.outcome)


def _how_many(label: str, record: Searches, searched: Sequence[Search], found: Sequence[Search]) -> Inline:
    counts = derived(record.name)
    named: Inline = (label, " ", counts.quote("name", f"“{record.name}”"))
    if not searched:
        return (*named, ": no search was possible.")
    total = counts.count("searches", len(searched), "searches")
    lost = _not_possible(record, searched, counts)
    if not found:
        where: Inline = (" in any of ", total, " searches") if len(searched) > 1 else ()
        return (*named, " found no subgroup", *where, *lost, ".")
    kept = counts.count("found", len(found), "searches")
    words: Inline = (*named, " has candidate subgroups in ", kept, " of ", *counted(total, "search", "searches"), *lost)
    drawn = [search for search in found if is_drawn(search)]
    if not drawn:
        return (*words, ".")
    supported = counts.count("supported", sum(map(is_supported, drawn)), "searches")
    return (*words, "; ", supported, f" {'is' if supported.value == 1 else 'are'} supported by random draws.")


def _not_possible(record: Searches, searched: Sequence[Search], counts: Derived) -> Inline:
    """Return how many searches people could have entered that were not possible; nothing where all were."""
    lost = sum(not search.empty for search in record.results) - len(searched)
    if not lost:
        return ()
    return (
        " (",
        counts.count("not possible", lost, "searches"),
        " not possible)",
    )


def _smallest_p(searched: Sequence[Search]) -> Inline:
    """Return what draws say at most of several searches that found nothing; nothing where none was drawn."""
    drawn = [
        search.honesty.p for search in searched if search.honesty is not None and search.honesty.p.value is not None
    ]
    if not drawn:
        return ()
    smallest = min(drawn, key=lambda p: p.value or 0.0)
    return ("In these trials, the smallest p of a search by random draws is ", smallest, ".")


def is_drawn(search: Searched) -> bool:
    """Whether there are draws without effect modification that say what of a search is luck."""
    return search.honesty is not None and bool(search.honesty.null_draws.value)


def is_supported(search: Searched) -> bool:
    """Whether draws support what a search found."""
    return search.honesty is not None and search.honesty.verdict == "supported"


def _clearest(found: Sequence[Search], most: int) -> list[Search]:
    """Return the searches that are reported in numbers: those that draws support, or else the strongest one."""
    order = sorted(found, key=lambda search: (not is_supported(search), _p_of(search), min(map(_p, search.candidates))))
    return order[: max(1, min(most, sum(map(is_supported, found))))]


def _p_of(search: Searched) -> float:
    p = None if search.honesty is None else search.honesty.p.value
    return 1.0 if p is None else p


def _p(candidate: Candidate[Number]) -> tuple[float, float]:
    """Return what orders candidates: p of the search, and p of the effect inside where nothing was drawn."""
    searched = None if candidate.honesty is None else candidate.honesty.p_search.value
    found = candidate.inside.p.value
    return 1.0 if searched is None else searched, 1.0 if found is None else found


def _in_numbers(search: Search, record: Searches) -> Inline:
    candidate = min(search.candidates, key=_p)
    where: Inline = (
        *title_of(search.comparison, record.comparisons),
        search.outcome_label,
        ", ",
        search.follow_up_label,
    )
    said = verdict_sentence(search)
    effect: Inline = (f"{search.scale.effect} inside ", *estimate_cell(candidate.inside), *_corrected(candidate))
    people: Inline = (f" (n{NBSP}={NBSP}", candidate.n, "): ")
    return (*where, ", ", *candidate.words, *people, *effect, ".", *((" ", *said) if said else ()))


def _corrected(candidate: Candidate[Number]) -> Inline:
    """Return the effect after correction for the search, and that in the trials that did not choose the box."""
    honest = candidate.honesty
    if honest is None:
        return ()
    corrected, held = honest.inside, honest.held_out
    words: Inline = ()
    if corrected is not None and corrected.effect.value is not None:
        words = (", corrected for the search ", *interval(corrected.effect, corrected.low, corrected.high))
    if held is not None and held.inside.effect.value is not None:
        words = (*words, ", in trials held out ", *estimate_cell(held.inside))
    return words
