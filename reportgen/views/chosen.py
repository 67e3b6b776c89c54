"""What of a record an artefact shows, and in which lettered parts: the same for the results of every method."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol, TypeVar

from reportgen.records.numbers import Inline, Number
from reportgen.spec.references import expanded
from reportgen.spec.shows import Limited
from reportgen.spec.study import Study
from reportgen.tables.phrases import joined, words


class Cell(Protocol):
    """Something of one outcome at one follow-up in one comparison."""

    @property
    def comparison(self) -> str:
        """Name in the study file."""

    @property
    def outcome(self) -> str:
        """Name in the study file."""

    @property
    def follow_up(self) -> str:
        """Name in the study file."""

    @property
    def outcome_label(self) -> Number:
        """As printed."""

    @property
    def follow_up_label(self) -> Number:
        """As printed."""


CellT = TypeVar("CellT", bound=Cell)


def chosen(results: Iterable[CellT], options: Limited, study: Study) -> tuple[CellT, ...]:
    """Return the results that an artefact asks for: all of those that it does not limit."""
    comparisons = expanded(options.comparison or ("all",), study.comparisons)
    outcomes = expanded(options.outcome or ("all",), study.outcomes)
    visits = expanded(options.follow_up or ("all",), study.follow_up)
    return tuple(
        result
        for result in results
        if result.comparison in comparisons and result.outcome in outcomes and result.follow_up in visits
    )


def labels_apart(results: Sequence[Cell], titles: Mapping[str, Number]) -> list[Inline]:
    """Return what tells each result from the others: its outcome, and where they differ comparison and follow-up."""
    several = len({result.comparison for result in results}) > 1
    visits = len({result.follow_up for result in results}) > 1
    return [
        (
            *((titles[result.comparison], ": ") if several else ()),
            result.outcome_label,
            *((", ", result.follow_up_label) if visits else ()),
        )
        for result in results
    ]


class Tried(Cell, Protocol):
    """The same, which may have a reason why nothing was estimated."""

    @property
    def reason(self) -> str:
        """In words; empty where there is none to tell."""

    @property
    def id(self) -> str:
        """What its ids begin with."""


def not_drawn(results: Sequence[Tried], titles: Mapping[str, Number]) -> Inline:
    """Say of which results there is no row to draw, and why.

    Parameters
    ----------
    results : sequence
    titles : mapping of str to Number
        Of the comparisons, by name.
    """
    parts: list[Inline] = [
        (
            *((titles[result.comparison], ", ") if len(titles) > 1 else ()),
            result.outcome_label,
            ", ",
            result.follow_up_label,
            *_bracketed(result),
        )
        for result in results
    ]
    return ("Not drawn, since nothing was estimated: ", *joined(parts), ".")


def _bracketed(result: Tried) -> Inline:
    reason = words(result.reason, f"{result.id}.reason", result.outcome_label.source)
    return (" (", *reason, ")") if reason else ()


def in_parts(
    results: Sequence[CellT], how: str, titles: Mapping[str, Number]
) -> list[tuple[Inline, tuple[CellT, ...]]]:
    """Return the results of each lettered part with the part's title; comparisons never share a part.

    Parameters
    ----------
    results : sequence
    how : {'none', 'by outcome', 'by comparison', 'by follow-up'}
    titles : mapping
        Of the comparisons, by name.
    """
    several = len({result.comparison for result in results}) > 1

    def key(result: CellT) -> tuple[str, str]:
        return (result.comparison, {"by outcome": result.outcome, "by follow-up": result.follow_up}.get(how, ""))

    def title(first: CellT) -> Inline:
        head: Inline = (titles[first.comparison],) if several or how == "by comparison" else ()
        label = {"by outcome": first.outcome_label, "by follow-up": first.follow_up_label}.get(how)
        return head if label is None else (*head, ": ", label) if head else (label,)

    members = [
        tuple(result for result in results if key(result) == wanted) for wanted in dict.fromkeys(map(key, results))
    ]
    return [(title(found[0]), found) for found in members]
