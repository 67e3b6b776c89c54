"""Whether subgroups fixed in advance differ, in a sentence: what their single effects, which stand above, do not say.

In: subgroups side by side, as recorded. Out: a finding for each comparison, with the first tests in the order of the study file.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reportgen.records.numbers import Inline, p_words
from reportgen.records.subsets import SubgroupDifferences, SubsetGroup, SubsetOutcome
from reportgen.tables.phrases import counted, joined
from reportgen.views.findings.finding import Finding, Findings, derived, findings_of_each, title_of

MOST = 4
"""Tests in numbers of one analysis in a comparison."""
RELY: Inline = (
    "Whether subgroups differ is what these p values say, those within trials first, and not which of their intervals exclude no effect.",
)


def subset_findings(records: Sequence[SubgroupDifferences]) -> Findings:
    """Return what the tests between subgroups fixed in advance say."""
    some = any(group.compared for record in records for outcome in record.results for group in outcome.groups)
    return findings_of_each("Subgroups fixed in advance", _of_one, records, *((Finding(RELY),) if some else ()))


def _of_one(record: SubgroupDifferences) -> Iterator[Finding]:
    for comparison in record.comparisons:
        outcomes = [outcome for outcome in record.results if outcome.comparison == comparison.name]
        tests = [(outcome, group) for outcome in outcomes for group in outcome.groups if group.compared]
        title = title_of(comparison.name, record.comparisons)
        if not tests:
            yield Finding((*title, "No subgroups could be compared."), record.name, comparison.name)
            continue
        number = derived(record.name).at(comparison.name).count("tests", len(tests), "tests")
        first: Inline = ("; the first are: ",) if len(tests) > MOST else (": ",)
        listed = joined([_test(outcome, group, record) for outcome, group in tests[:MOST]])
        yield Finding(
            (*title, *counted(number, "test between subgroups", "tests between subgroups"), *first, *listed, "."),
            record.name,
            comparison.name,
        )


def _test(outcome: SubsetOutcome, group: SubsetGroup, record: SubgroupDifferences) -> Inline:
    visits = len({item.follow_up for item in record.results}) > 1
    within: Inline = ()
    if group.interaction is not None and group.interaction.value is not None:
        within = (" (within trials ", *p_words(group.interaction), ")")
    return (
        outcome.outcome_label,
        *((", ", outcome.follow_up_label) if visits else ()),
        ", by ",
        *group.label,
        ": ",
        *p_words(group.p),
        *within,
    )
