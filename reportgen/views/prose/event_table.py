"""The methods of a table of events in prose."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from reportgen.records.events import EventTable
from reportgen.records.numbers import Inline
from reportgen.spec.study import Study
from reportgen.views.prose.section import Section


def prose(records: Sequence[EventTable], study: Study) -> Iterable[Section]:
    """Return one section for all tables of events: they are made alike.

    Parameters
    ----------
    records : sequence of EventTable
        One at least.
    study : Study
    """
    return (Section(("Events by trial",), tuple(_counted(records))),)


def _counted(records: Sequence[EventTable]) -> Iterator[Inline]:
    kinds = {result.kind for record in records for result in record.results}
    least = records[0].settings.minimum_cell
    suppressed: Inline = ()
    if (least.value or 0) > 1:
        suppressed = (
            " A trial in which fewer than ",
            least,
            " participants of an arm, but not none, had the event, or had it not, is suppressed, as are trials from which it could be derived.",
        )
    intervals = []
    if "binary" in kinds:
        intervals.append(
            "Differences in risk have Newcombe’s interval, which combines the score intervals of both risks"
        )
    if "count" in kinds:
        intervals.append("differences in rate have a score interval of two Poisson rates")
    words = "; ".join(intervals)
    yield (
        "Events were counted among all participants with a value at the follow-up, whatever else is known of them, and in trials "
        f"without any event as well. Nothing is pooled. {words[:1].upper()}{words[1:]}. Confidence intervals have a level of ",
        records[0].settings.level,
        "%.",
        *suppressed,
    )
