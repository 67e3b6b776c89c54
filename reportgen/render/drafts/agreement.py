"""Artefacts of the agreement of two searches: people and effects, then the profile of who is in both."""

from __future__ import annotations

from collections.abc import Iterator

from reportgen.records.agreement import Agreement, OutcomeAgreement
from reportgen.records.model import Records
from reportgen.records.numbers import Inline
from reportgen.render.drafts.draft import NOBODY, Draft, Drafter, Place, with_notes
from reportgen.spec.study import Study

NOTHING_SHARED: Inline = ("The two searches have no outcome, follow-up and comparison in common.",)


def _agreement(place: Place, study: Study, records: Records) -> tuple[Draft, ...]:
    from reportgen.tables import nothing_to_compare

    record = records.analyses[place.node.of or ""]
    assert isinstance(record, Agreement)
    drafts = [draft for one in record.outcomes if one.subgroups for draft in _drafts(one, record)]
    there = [one for one in record.outcomes if one.n.value]
    said = nothing_to_compare([(one, _title(one, record)) for one in there if not one.subgroups])
    nothing = NOBODY if record.outcomes else NOTHING_SHARED
    return with_notes(drafts, (said,) if said else () if drafts else (nothing,))


def _drafts(outcome: OutcomeAgreement, record: Agreement) -> Iterator[Draft]:
    from reportgen.tables import overlap, profile

    title = _title(outcome, record)
    yield Draft((*title, ": who is in both, and the effect among them"), table=overlap(outcome, record))
    yield Draft((*title, ": what those in both are like"), table=profile(outcome, record))


def _title(outcome: OutcomeAgreement, record: Agreement) -> Inline:
    """Return the outcome, with comparison and follow-up where the record has several."""
    several = len({one.comparison for one in record.outcomes}) > 1
    visits = len({one.follow_up for one in record.outcomes}) > 1
    return (
        *((outcome.comparison_title, ": ") if several else ()),
        outcome.outcome_label,
        *((", ", outcome.follow_up_label) if visits else ()),
    )


SHOWN: dict[str, Drafter] = {"agreement": _agreement}
