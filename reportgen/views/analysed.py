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
        ("This analysis failed: ", item.reason, ".") for item in named if isinstance(item, Failure)
    )
    shown = [item for item in named if not isinstance(item, Failure)]
    titles = {comparison.name: comparison.title for item in reversed(shown) for comparison in item.comparisons}
    people = chosen((person for item in shown for person in people_in(item)), options, context.study)
    parts = in_parts(people, options.parts, titles)
    drafts = [Draft(title, table=tables.analysed(found, titles)) for title, found in parts]
    return with_notes(drafts, failed) if drafts or failed else ()


def people_in(record: Any) -> Iterator[People]:
    """Yield who entered each result of an analysis, with the names of analysis and method; nothing where it does not say."""
    view = view_of(record)
    if view is not None and view.people:
        found = (people_of(result) for result in record.results)
        yield from (replace(item, analysis=record.name, method=view.label) for item in found)


SHOWS: tuple[Show[Any, Any], ...] = (Show(Analysed, "Trials and participants of each analysis", _analysed),)
