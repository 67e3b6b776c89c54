"""How credible each suggested effect modification is: an artefact of screenings and of searches, and ratings for other tables.

A screening or a search is a record of its own; what was stated and tested before a search stands in the record of its screening.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from reportgen.records import modification
from reportgen.records.credibility import Rating
from reportgen.records.moderation import Moderation
from reportgen.records.modification import Modification, beforehand
from reportgen.records.numbers import Inline
from reportgen.records.partition import RecursivePartitioning
from reportgen.records.peeling import SIZES, DirectedPeeling
from reportgen.spec.shows import Credibility
from reportgen.tables.credibility import Adjusted, Part, credibility, of_screening, of_search
from reportgen.tables.phrases import labelled
from reportgen.views.chosen import chosen, in_parts
from reportgen.views.draft import NOBODY, Draft
from reportgen.views.view import Context, Show

NOTHING_SUGGESTED: Inline = ("No interaction has a p value below 0.1: ICEMAN does not apply.",)
Suggesting = Moderation | RecursivePartitioning | DirectedPeeling


def ratings_of(
    record: Suggesting, results: Iterable[Any], context: Context, sizes: tuple[float, ...] = SIZES
) -> dict[str, Rating]:
    """Return the suggested rating of each effect modification in some results, by what its ids begin with.

    Parameters
    ----------
    record : Moderation, RecursivePartitioning or DirectedPeeling
    results : iterable of results
        Of the record.
    context : Context
        Its records hold the screening of a search.
    sizes : tuple of float
        Of the boxes of a peeling.
    """
    found = (item for result in results for item in _found(record, result, context, sizes))
    return {item.id: item.rating for item in found}


def _found(
    record: Suggesting, result: Any, context: Context, sizes: tuple[float, ...] = SIZES
) -> tuple[Modification, ...]:
    if isinstance(record, Moderation):
        return modification.of_screen(result, record.settings)
    before = beforehand(result, record.settings.screened_by, _screenings(context))
    if isinstance(record, RecursivePartitioning):
        return modification.of_partition(result, record.settings, before)
    return modification.of_peeling(result, result.nearest(sizes), record.settings, before)


def _screenings(context: Context) -> Iterator[Moderation]:
    return (record for record in context.records.analyses.values() if isinstance(record, Moderation))


def _credibility(record: Suggesting, options: Credibility, context: Context) -> tuple[Draft, ...]:
    titles = record.titles
    drafts = []
    asked = chosen((result for result in record.results if not result.empty), options, context.study)
    for title, results in in_parts(asked, "none", titles):
        parts = [Part(_head(result), _found(record, result, context)) for result in results]
        if any(part.found for part in parts):
            drafts.append(Draft(title, table=credibility(parts, _adjusted(record, results), _remarks(record, results))))
    return tuple(drafts) or (Draft((), notes=(NOTHING_SUGGESTED if asked else NOBODY,)),)


def _head(result: Any) -> Inline:
    return (*labelled(result.outcome_label, result.unit), ": ", result.follow_up_label)


def _adjusted(record: Suggesting, results: Iterable[Any]) -> Adjusted:
    if not isinstance(record, Moderation):
        return "p of the search"
    return "p, min-p" if any(screen.flips is not None for screen in results) else "p, Holm"


def _remarks(record: Suggesting, results: Iterable[Any]) -> tuple[Inline, ...]:
    if not isinstance(record, Moderation):
        return (of_search(),)
    across = any(item.of_trials for screen in results for item in screen.interactions)
    return (of_screening(record.settings, of_trials=across),)


SHOWS: tuple[Show[Any, Any], ...] = (
    Show(
        Credibility,
        "Credibility of each suggested effect modification",
        _credibility,
        beside={
            "interaction-estimates": "The interactions are given in",
            "subgroups": "The subgroups are given in",
            "peeling-thresholds": "Limits and effects of these subgroups are given in",
        },
    ),
)
