"""The agreement of two searches on the page: people and effects, then the profile of who is in both."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from reportgen import tables
from reportgen.records.agreement import Agreement, OutcomeAgreement
from reportgen.records.numbers import Inline
from reportgen.spec.shows import AgreementTables
from reportgen.spec.study import Study
from reportgen.views.draft import NOBODY, Draft, with_notes
from reportgen.views.findings.agreement import agreement_findings
from reportgen.views.prose.agreement import agreement_methods
from reportgen.views.prose.section import Section
from reportgen.views.view import Context, Show, View

NOTHING_SHARED: Inline = ("The two searches have no outcome, follow-up and comparison in common.",)


def _agreement(record: Agreement, options: AgreementTables, context: Context) -> tuple[Draft, ...]:
    drafts = [draft for result in record.results if result.subgroups for draft in _drafts(result, record)]
    present = [result for result in record.results if result.n.value]
    note = tables.nothing_to_compare([(item, _title(item, record)) for item in present if not item.subgroups])
    nothing = NOBODY if record.results else NOTHING_SHARED
    return with_notes(drafts, (note,) if note else () if drafts else (nothing,))


def _drafts(outcome: OutcomeAgreement, record: Agreement) -> Iterator[Draft]:
    title = _title(outcome, record)
    yield Draft(
        (*title, ": participants in both subgroups, and the effect among them"), table=tables.overlap(outcome, record)
    )
    yield Draft((*title, ": characteristics of participants in both subgroups"), table=tables.profile(outcome, record))


def _title(outcome: OutcomeAgreement, record: Agreement) -> Inline:
    """Return the outcome, with comparison and follow-up where the record has several."""
    several = len({result.comparison for result in record.results}) > 1
    visits = len({result.follow_up for result in record.results}) > 1
    return (
        *((outcome.comparison_title, ": ") if several else ()),
        outcome.outcome_label,
        *((", ", outcome.follow_up_label) if visits else ()),
    )


def _prose(records: Sequence[Agreement], study: Study) -> Iterable[Section]:
    paragraphs = tuple(paragraph for record in records for paragraph in agreement_methods(record))
    return (Section(("Agreement between the two searches",), paragraphs),)


VIEW = View(
    method="agreement",
    record=Agreement,
    label="Agreement",
    prose=_prose,
    findings=agreement_findings,
    shows=(Show(AgreementTables, "Agreement between recursive partitioning and directed peeling", _agreement),),
)
