"""Who entered each analysis: an artefact of any method that says so, of one analysis or of several together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from reportgen import tables
from reportgen.records.model import Failure
from reportgen.records.numbers import Inline
from reportgen.spec.shows import Analysed
from reportgen.tables.analysed import People, people_of
from reportgen.views.chosen import chosen, in_parts
from reportgen.views.draft import Draft, with_notes
from reportgen.views.registry import view_of
from reportgen.views.view import Context, Show


def _analysed(record: Any, options: Analysed, context: Context) -> tuple[Draft, ...]:
    named = [record, *(context.records.analyses[name] for name in options.beside)]
    failed: tuple[Inline, ...] = tuple(
        ("This analysis failed: ", one.reason, ".") for one in named if isinstance(one, Failure)
    )
    shown = [one for one in named if not isinstance(one, Failure)]
    titles = {comparison.name: comparison.title for one in reversed(shown) for comparison in one.comparisons}
    people = chosen((person for one in shown for person in _people(one)), options, context.study)
    parts = in_parts(people, options.parts, titles)
    drafts = [Draft(title, table=tables.analysed(found, titles)) for title, found in parts]
    return with_notes(drafts, failed) if drafts or failed else ()


def _people(record: Any) -> Iterator[People]:
    """Yield who entered each result of an analysis, with the names of analysis and method."""
    view = view_of(record)
    if view is not None and view.people:
        found = (people_of(one) for one in record.results)
        yield from (replace(one, analysis=record.name, method=view.label) for one in found)


SHOWS: tuple[Show[Any, Any], ...] = (Show(Analysed, "Trials and participants of each analysis", _analysed),)
