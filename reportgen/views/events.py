"""Events by arm, trial and follow-up on the page."""

from __future__ import annotations

from reportgen import tables
from reportgen.records.events import EventTable
from reportgen.spec.shows import EventsTable
from reportgen.views.chosen import chosen, in_parts
from reportgen.views.draft import Draft, or_nobody
from reportgen.views.prose.event_table import prose
from reportgen.views.view import Context, Show, View


def _events(record: EventTable, options: EventsTable, context: Context) -> tuple[Draft, ...]:
    counted = chosen((item for item in record.results if not item.empty), options, context.study)
    parts = in_parts(counted, options.parts, record.titles)
    return or_nobody([Draft(title, table=tables.event_counts(found, record.settings)) for title, found in parts])


VIEW = View(
    method="events",
    record=EventTable,
    label="Events",
    prose=prose,
    shows=(Show(EventsTable, "Events by trial and arm", _events),),
)
