"""Sites within trials: how many there are, and their variance in a model that knows them. Never their names or sizes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic

from reportgen.records import kinds
from reportgen.records.numbers import V


@dataclass(frozen=True, slots=True)
class Sites(Generic[V]):
    """The sites of an analysis.

    Attributes
    ----------
    number : Number
        Sites of trials with people of two or more.
    unknown : bool
        Whether the site of some people is not known, in a trial where that of others is: together they count as one more.
    variance : Number or None
        Of the random intercepts of sites, in squared units of the outcome; None where no model of the record has them, or
        several have.
    """

    number: kinds.Count[V]
    unknown: bool
    variance: kinds.Heterogeneity[V] | None = None
