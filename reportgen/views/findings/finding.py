"""A finding: what a sentence on the page of key findings says, and of which result, so that the page can lead to it.

In: records of one method. Out: findings under one heading, the most important first; which artefact a reader is led to, the
page knows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from reportgen.records.derived import Derived
from reportgen.records.estimate import ComparisonRecord
from reportgen.records.numbers import Inline, Number
from reportgen.tables.phrases import joined

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Finding:
    """A sentence or two on the page of key findings.

    Attributes
    ----------
    words : Inline
    of : str
        The analysis, as the study file names it; empty where it is of none.
    comparison, outcome : str
        Names of the result in the study file; empty where it is of several.
    """

    words: Inline
    of: str = ""
    comparison: str = ""
    outcome: str = ""


@dataclass(frozen=True, slots=True)
class Findings:
    """What all analyses of one method found."""

    heading: str
    items: tuple[Finding, ...]


def findings_of_each(
    heading: str, of_one: Callable[[R], Iterable[Finding]], records: Sequence[R], *last: Finding
) -> Findings:
    """Return what each analysis of a method found, under one heading.

    Parameters
    ----------
    heading : str
    of_one : callable
        A record to its findings.
    records : sequence of records
    *last : Finding
        What is said once, of all of them.
    """
    found = (_of_whom(finding, record) for record in records for finding in of_one(record))
    return Findings(heading, (*found, *last))


def _of_whom(finding: Finding, record: Any) -> Finding:
    """Return a finding that says to which subgroup its analysis is limited; as it is where everybody enters."""
    conditions = getattr(record, "subset", ())
    if not conditions:
        return finding
    whom = joined([(condition,) for condition in conditions], " and ")
    words: Inline = ("Among participants with ", *whom, " (a subgroup fixed in advance): ", *finding.words)
    return Finding(words, finding.of, finding.comparison, finding.outcome)


def derived(name: str) -> Derived:
    """Return what makes the counts of an analysis on this page.

    Examples
    --------
    >>> derived("pooled").count("estimated", 3, "effects").id
    'key-findings.pooled.estimated'
    """
    return Derived("key-findings", f"analyses.{name}").at(name)


def title_of(comparison: str, comparisons: Sequence[ComparisonRecord[Number]]) -> Inline:
    """Return the title of a comparison with a colon; nothing where an analysis has one comparison alone."""
    titles = {item.name: item.title for item in comparisons}
    return (titles[comparison], ": ") if len(titles) > 1 else ()
