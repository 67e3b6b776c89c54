"""A screening as draws repeat it: the p of each candidate moderator, and which of them go on to a search.

In: the participants of a cell, an outcome for them, and the options of the screening. Out: one p for each moderator.
Each moderator is tried on the people who have it, as in the data; `screened_p` is the one place where that happens.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .choices import MainReading
from .crossproducts import FloatArray
from .moderators import screen_moderator
from .sample import Sample


@dataclass(frozen=True, slots=True)
class Screening:
    """How moderators are screened.

    Attributes
    ----------
    p_below : float
        A moderator goes on to the search if its p is smaller.
    reading : {"within", "naive"}
        Whose p.
    options : mapping
        Other options of `screen_moderator`.
    references : mapping of str to int
        Code of the reference level of categorical moderators; 0 for those not named.
    """

    p_below: float
    reading: MainReading = "within"
    options: Mapping[str, Any] = field(default_factory=dict)
    references: Mapping[str, int] = field(default_factory=dict)


def screened_p(sample: Sample, outcome: FloatArray, screening: Screening) -> FloatArray:
    """Return the p of each moderator of a sample with an outcome, NaN where it cannot be tested.

    Examples
    --------
    >>> from reportgen.stats.sample import make_sample
    >>> rng = np.random.default_rng(1)
    >>> trial, treatment = np.repeat(["a", "b"], 50), np.tile([0, 1], 50)
    >>> moderators = {"age": rng.normal(size=100), "site": np.ones(100)}
    >>> sample = make_sample(rng.normal(size=100), treatment, trial, moderators, range(100))
    >>> screened_p(sample, sample.outcome, Screening(0.2)).round(3).tolist()
    [0.691, nan]
    """
    p = np.full(len(sample.moderators), np.nan)
    for place, (name, values) in enumerate(sample.moderators.items()):
        fit = screen_moderator(
            outcome,
            sample.treatment,
            sample.trial,
            values,
            adjusters=sample.adjusters if sample.adjusters.shape[1] else None,
            reference=screening.references.get(name, 0),
            reading=screening.reading,
            **screening.options,
        )
        tested = fit.naive if screening.reading == "naive" else fit.within
        p[place] = tested.p_value if tested.estimated else np.nan
    return p


def passing(names: Sequence[str], p: FloatArray, p_below: float) -> tuple[str, ...]:
    """Return the moderators whose p is below a limit, smallest p first; equal ones keep their order.

    Examples
    --------
    >>> passing(["age", "sex", "pain", "site"], np.array([0.15, np.nan, 0.01, 0.2]), 0.2)
    ('pain', 'age')
    """
    return tuple(names[k] for k in np.argsort(p, kind="stable") if p[k] < p_below)
