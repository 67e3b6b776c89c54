"""A section of the methods, and the sections on several analyses of one method."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Protocol, TypeVar

from reportgen.records.derived import Derived
from reportgen.records.numbers import Inline
from reportgen.spec.study import Study
from reportgen.tables.phrases import joined
from reportgen.views.prose.repeated_paragraphs import without_repeated_paragraphs


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and its paragraphs."""

    heading: Inline
    paragraphs: tuple[Inline, ...]


class Named(Protocol):
    """A record of an analysis."""

    @property
    def name(self) -> str:
        """As in the study file."""


NamedT = TypeVar("NamedT", bound=Named)


def sections_of_each(
    title: str,
    method: str,
    paragraphs: Callable[[NamedT], Iterable[Inline]],
    records: Sequence[NamedT],
    study: Study,
) -> Iterator[Section]:
    """Yield a section for each analysis of a method; a paragraph that two have in common is said once.

    Parameters
    ----------
    title : str
        What the headings begin with.
    method : str
        As in the study file; ids of the names in the headings end with it.
    paragraphs : callable
        A record to its paragraphs.
    records : sequence of records
    study : Study
    """
    headings = [heading(title, record.name, method, len(records)) for record in records]
    bodies = [chain(limited_to(record), paragraphs(record)) for record in records]
    for head, body in without_repeated_paragraphs(zip(headings, bodies, strict=True)):
        yield Section(head, body)


def limited_to(record: Any) -> Iterator[Inline]:
    """Yield the paragraph on the subgroup, fixed in advance, to which an analysis is limited; nothing where everybody enters."""
    conditions = getattr(record, "subset", ())
    if conditions:
        yield (
            "This analysis is limited to a subgroup fixed in advance: participants with ",
            *joined([(condition,) for condition in conditions], " and "),
            ". Participants outside it, or of whom that is not known, do not enter, and are counted with those who were excluded.",
        )


def heading(title: str, name: str, method: str, several: int) -> Inline:
    """Return the heading of an analysis, with its name where there are several of its method."""
    if several < 2:
        return (title,)
    return (f"{title} ", Derived("methods", f"analyses.{name}").at(name).quote(method, f"“{name}”"))
