"""Visits: a label as printed, and a time in months since randomisation."""

from __future__ import annotations

from dataclasses import dataclass

from reportgen.spec.mapping import Mapping, visit_label, visit_time
from reportgen.spec.model import months_of
from reportgen.spec.normal import normal


@dataclass(frozen=True, slots=True, order=True)
class Visit:
    """A visit of a trial; visits are ordered in time."""

    months: float
    label: str


def visit_meant(word: str, mapping: Mapping) -> Visit:
    """Return the visit behind a key of `visits`, or behind a time such as "3 months" itself."""
    by_key = {str(key): text for key, text in mapping.visits.items()}
    text = by_key.get(normal(word), word)
    months = months_of(visit_time(text))
    if months is None:
        raise ValueError(f"'{text}' is not a time")
    return Visit(months, visit_label(text))


def visits_of(mapping: Mapping) -> dict[str, Visit]:
    """Return the visit behind each key of `visits`."""
    return {str(key): visit_meant(str(key), mapping) for key in mapping.visits}
