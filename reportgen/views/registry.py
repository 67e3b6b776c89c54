"""All views and shows there are, in the order in which the pages ask them; more may be added from elsewhere."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

from reportgen.spec import shows as options
from reportgen.views.view import Show, View

VIEWS: dict[type, View[Any]] = {}
"""The view of each class of records."""

SHOWS: dict[str, Show[Any, Any]] = {}
"""The show for each word behind `show`: the same words as in `spec.shows`."""

T = TypeVar("T")


def add_view(view: View[Any]) -> None:
    """Let the pages show a class of records, with all its shows.

    Raises
    ------
    ValueError
        Another view shows these records, or another show has the name of one of these.
    """
    if VIEWS.setdefault(view.record, view) is not view:
        raise ValueError(f"another view shows {view.record.__name__} already")
    for show in view.shows:
        add_show(show)


def add_show(show: Show[Any, Any]) -> None:
    """Let a report hold an artefact, whose options `spec.shows` knows.

    Raises
    ------
    ValueError
        Another show has its name, or its options are not registered.
    """
    if options.SHOWS.get(show.name) is not show.options:
        raise ValueError(f"the options of '{show.name}' are not registered: see reportgen.spec.shows.show")
    if SHOWS.setdefault(show.name, show) is not show:
        raise ValueError(f"another show is called '{show.name}' already")


def view_of(record: object) -> View[Any] | None:
    """Return the view of a record; None for one that only says why its analysis failed."""
    return VIEWS.get(type(record))


def by_view(records: Iterable[T]) -> list[tuple[View[Any], list[T]]]:
    """Return each view that shows some of the records with those, in the order of the registry."""
    found = list(records)
    those = [(view, [item for item in found if type(item) is kind]) for kind, view in VIEWS.items()]
    return [(view, own) for view, own in those if own]
