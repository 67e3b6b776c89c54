"""What a view is: all that the pages know of one method, as one value; and a show, one way to print something of a record.

A method's module in this room makes a `View` of its prose, its status and its shows. `registry` has them all; whoever prints
a page asks there and knows no method by name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar, get_args

from reportgen.records.artefact import Table
from reportgen.records.model import Records
from reportgen.records.numbers import Inline, Number, Status
from reportgen.records.record import Record
from reportgen.spec.shows import Artefact, Limited
from reportgen.spec.study import Study
from reportgen.tables.adjusters import Fits, FitsOf, fits_of
from reportgen.tables.phrases import joined
from reportgen.views.draft import Draft
from reportgen.views.findings.finding import Findings
from reportgen.views.prose.section import Section

R = TypeVar("R")
O = TypeVar("O", bound=Artefact)  # noqa: E741


@dataclass(frozen=True, slots=True)
class Context:
    """What a show may look at beside its record and its options.

    Attributes
    ----------
    name : str
        Stable name of the artefact: what the names of its files begin with.
    study : Study
        What was declared; an option that names nothing stands for all of it.
    records : Records
        Of all analyses.
    """

    name: str
    study: Study
    records: Records


def captioned(title: str, record: Any, options: Artefact) -> Inline:
    """Return a caption: what is shown and, where it is of one comparison, of whom.

    Parameters
    ----------
    title : str
    record : record of an analysis
    options : Artefact
    """
    comparison = only_comparison(record, options)
    whom = joined(
        [*([(comparison,)] if comparison else []), *((part,) for part in getattr(record, "subset", ()))], ", "
    )
    return (title, ": ", *whom) if whom else (title,)


def only_comparison(record: Any, options: Artefact) -> Number | None:
    """Return the title of the comparison that an artefact shows; None where it shows several, or all trials."""
    if not isinstance(options, Limited):
        return None
    titles = [
        comparison.title
        for comparison in record.comparisons
        if not options.comparison or comparison.name in options.comparison
    ]
    return titles[0] if len(titles) == 1 else None


@dataclass(frozen=True, slots=True)
class Show(Generic[R, O]):
    """An artefact: how something of a record is printed.

    Attributes
    ----------
    options : type
        What the study file may say of it: a class of `spec.shows`, registered there.
    title : str
        Caption where the study file gives none.
    parts : callable
        Record, options and context to the parts of the artefact. The record is that of the analysis in `of`, rounded as the
        options ask; all records where there is no `of`.
    beside : mapping of str to str
        Other artefacts of the same analysis that a reader wants beside this one: name to the words that lead there.
    caption : callable
        Title, record and options to the caption.
    """

    options: type[O]
    title: str
    parts: Callable[[R, O, Context], tuple[Draft, ...]]
    beside: Mapping[str, str] = field(default_factory=dict)
    caption: Callable[[str, R, O], Inline] = captioned

    @property
    def name(self) -> str:
        """The word behind `show` in the study file."""
        return str(get_args(self.options.model_fields["show"].annotation)[0])


@dataclass(frozen=True, slots=True)
class Back:
    """A table of the pages after the results."""

    name: str
    title: str
    table: Table


@dataclass(frozen=True, slots=True)
class Ended:
    """How the fits of all analyses of one method ended: the status of each, and tables that say more."""

    statuses: tuple[Status, ...]
    tables: tuple[Back, ...]


def ended(records: Sequence[Record[Any, Any]], *tables: Back) -> Ended:
    """Return how the fits of some analyses ended, with tables that say more."""
    return Ended(tuple(status for record in records for status in record.statuses), tables)


@dataclass(frozen=True, slots=True)
class View(Generic[R]):
    """A method on the page.

    Attributes
    ----------
    method : str
        As in the study file.
    record : type
        Of what its analyses leave behind.
    label : str
        What the method is called in a table: "Meta-analysis".
    prose : callable
        The records of all its analyses, and the study, to their sections of the methods.
    shows : tuple of Show
    status : callable, optional
        The records of all its analyses to how their fits ended; None where nothing is fitted.
    fits : callable, optional
        A result of a record and its title to its fits, each with the adjusters that it leaves out.
    people : bool
        Whether each of its results says who entered.
    findings : callable, optional
        The records of all its analyses to what the page of key findings says of them.
    """

    method: str
    record: type[R]
    label: str
    prose: Callable[[Sequence[R], Study], Iterable[Section]]
    shows: tuple[Show[Any, Any], ...] = ()
    status: Callable[[Sequence[R]], Ended] | None = None
    fits: FitsOf[Any] | None = None
    people: bool = False
    findings: Callable[[Sequence[R]], Findings] | None = None

    def fits_of(self, record: Any) -> Fits:
        """Return the fits of a record; nothing of a method that fits no model."""
        return () if self.fits is None else fits_of(record, self.fits)
