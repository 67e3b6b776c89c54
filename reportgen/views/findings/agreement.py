"""The agreement of two searches in a sentence: whether the clearest subgroup of the one is found by the other.

In: the record of an agreement. Out: its finding: how many outcomes can be compared, and the pair with the largest overlap.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reportgen.records.agreement import Agreement, OutcomeAgreement, Pair
from reportgen.records.numbers import Inline, p_words
from reportgen.tables.phrases import NBSP, counted
from reportgen.views.findings.finding import Finding, Findings, derived, findings_of_each, title_of


def agreement_findings(records: Sequence[Agreement]) -> Findings:
    """Return how far the searches agree."""
    return findings_of_each("Agreement of the searches", _of_one, records)


def _of_one(record: Agreement) -> Iterator[Finding]:
    compared = [result for result in record.results if any(item.pairs for item in result.subgroups)]
    counts = derived(record.name)
    total = counts.count("results", len(record.results), "searches")
    if not compared:
        yield Finding(("The two methods found no subgroups that could be compared.",), record.name)
        return
    many: Inline = (counts.count("compared", len(compared), "searches"), " of ", *counted(total, "search", "searches"))
    outcome, pair = max(_pairs(compared), key=lambda found: found[1].jaccard.value or 0.0)
    words: Inline = (
        "Both methods have candidate subgroups in ",
        *many,
        " that they share. The largest overlap: ",
        *_one(outcome, pair, record),
    )
    yield Finding(words, record.name, outcome.comparison, outcome.outcome)


def _pairs(compared: Sequence[OutcomeAgreement]) -> list[tuple[OutcomeAgreement, Pair]]:
    """Return the boxes beside the strongest subgroup of each result."""
    return [(result, pair) for result in compared for pair in next(i for i in result.subgroups if i.pairs).pairs]


def _one(outcome: OutcomeAgreement, pair: Pair, record: Agreement) -> Inline:
    rule = next(item for item in outcome.subgroups if pair in item.pairs).rule
    where: Inline = (*title_of(outcome.comparison, record.comparisons), outcome.outcome_label)
    return (
        *(
            *where,
            ", ",
            *rule,
            " and the peeled subgroup of size ",
            pair.share,
            " share ",
            *counted(pair.both, "participant"),
        ),
        *(f" (Jaccard index{NBSP}", pair.jaccard, *_chance(pair), ")."),
    )


def _chance(pair: Pair) -> Inline:
    chance = pair.chance
    if chance is None or chance.median.value is None:
        return ()
    p: Inline = (", ", *p_words(chance.p)) if chance.p.value is not None else ()
    return ("; ", chance.median, " in draws without effect modification", *p)
