"""The people of a cell as random draws see them, and limits as places among their values.

In: who enters, and columns of moderators. Out: a `Sample` of `reportgen.stats`. A limit is somebody's own value: what is kept
of draws has its place among the values instead, which says nothing without the people.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from reportgen.analyses.moderator_values import Moderator, column_of
from reportgen.analyses.pooled_fits import LINKS
from reportgen.analyses.selection import Selection, adjusters_of
from reportgen.stats.levels import Levels
from reportgen.stats.sample import Sample, make_sample


def sample_of(people: Selection, columns: Mapping[str, Moderator]) -> Sample:
    """Return the people of a cell with all candidate moderators, sorted as draws need them."""
    moderators = {name: column_of(moderator, people) for name, moderator in columns.items()}
    return make_sample(
        people.response, people.treatment, people.trial, moderators, people.keys, adjusters=adjusters_of(people),
        link=LINKS.get(people.kind), exposure=people.exposure,
    )  # fmt: skip


def cut_at(name: str, place: float, sample: Sample) -> float:
    """Return the value of a moderator that stands at a place among its values; NaN for none."""
    values = _distinct(sample, name)
    return float(values[int(place)]) if place == place else np.nan


def places_of(cut: Any, sample: Sample) -> Any:
    """Return the places of cuts among the distinct values of each moderator; the last axis but one is the moderators."""
    places = np.full(cut.shape, np.nan)
    for j, name in enumerate(sample.moderators):
        known = ~np.isnan(cut[..., j, :])
        places[..., j, :][known] = np.searchsorted(_distinct(sample, name), cut[..., j, :][known])
    return places


def _distinct(sample: Sample, name: str) -> Any:
    values = sample.moderators[name]
    if isinstance(values, Levels):
        return np.unique(values.codes[values.codes >= 0]).astype(float)
    numbers = np.asarray(values, float)
    return np.unique(numbers[~np.isnan(numbers)])
