"""What is left of a search after random draws: an artefact of every method that finds candidates."""

from __future__ import annotations

from typing import Any

from reportgen import tables
from reportgen.records.numbers import Inline
from reportgen.spec.shows import SearchHonesty
from reportgen.views.chosen import chosen, in_parts
from reportgen.views.credibility import ratings_of
from reportgen.views.draft import Draft
from reportgen.views.view import Context, Show

NOT_DRAWN: Inline = (
    "No random draws were made: the study file asks for none, or no search was possible. Subgroups found by these searches are candidates.",
)


def _honesty(record: Any, options: SearchHonesty, context: Context) -> tuple[Draft, ...]:
    drawn = [item for item in chosen(record.results, options, context.study) if item.honesty is not None]
    parts = in_parts(drawn, "none", record.titles)
    drafts = tuple(
        Draft(title, table=tables.search_honesty(found, record.settings.level, ratings_of(record, found, context)))
        for title, found in parts
    )
    return drafts or (Draft((), notes=(NOT_DRAWN,)),)


SHOWS: tuple[Show[Any, Any], ...] = (
    Show(
        SearchHonesty,
        "Results of each search after random draws",
        _honesty,
        beside={"subgroup-tree": "Drawn in", "peeling-trajectories": "Drawn in"},
    ),
)
