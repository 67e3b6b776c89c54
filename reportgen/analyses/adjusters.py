"""Adjusters that the study file asks for and a model cannot take in: which, and why.

In: the people of a model and its options. Out: each adjuster that is left out, in words for `plan` and as a record for the
report; both ask the statistics for the columns that the fit itself leaves out. A level that nobody has is no loss: an
adjuster is left out where none of its columns that say something stays.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from reportgen.analyses.naming import adjuster_label
from reportgen.analyses.selection import Selection
from reportgen.records.estimate import REASONS, NotAdjusted
from reportgen.records.numbers import Value, quoted
from reportgen.release.values import Values
from reportgen.spec.study import Study
from reportgen.stats.choices import AdjusterSlopes, Intercept
from reportgen.stats.redundant import TREATMENT, Kind, Redundant, redundant_adjusters


@dataclass(frozen=True, slots=True)
class Unused:
    """An adjuster that a model leaves out: its name, why, and the adjusters that it follows from (or `treatment`)."""

    adjuster: str
    kind: Kind | Literal["unmeasured"]
    of: tuple[str, ...] = ()


def unused_adjusters(
    selection: Selection,
    mask: NDArray[np.bool_] | None = None,
    *,
    intercept: Intercept = "stratified",
    adjuster_slopes: AdjusterSlopes = "common",
) -> tuple[Unused, ...]:
    """Return the adjusters that a model of a selection leaves out, in the order of the study file.

    Parameters
    ----------
    selection : Selection
    mask : ndarray of bool, optional
        Some of its people.
    intercept, adjuster_slopes : str
        Options of the model.
    """
    owners = selection.adjuster_of
    unmeasured = tuple(Unused(name, "unmeasured") for name in selection.unmeasured)
    if not owners:
        return unmeasured
    some = np.ones(selection.n, dtype=bool) if mask is None else mask
    found = redundant_adjusters(
        selection.response[some],
        selection.treatment[some],
        selection.trial[some],
        selection.adjusters[some],
        intercept=intercept,
        adjuster_slopes=adjuster_slopes,
    )
    each = (_unused(owner, owners, found) for owner in dict.fromkeys(owners))
    return (*unmeasured, *(item for item in each if item is not None))


def _unused(adjuster: str, owners: Sequence[str], found: dict[int, Redundant]) -> Unused | None:
    places = [place for place, owner in enumerate(owners) if owner == adjuster]
    if any(place not in found for place in places):
        return None
    following = [found[place] for place in places if found[place].kind == "follows"]
    if not following:
        kinds = {found[place].kind for place in places}
        return Unused(adjuster, "within" if "within" in kinds else "constant")
    others = ("treatment" if place == TREATMENT else owners[place] for item in following for place in item.of)
    return Unused(adjuster, "follows", tuple(dict.fromkeys(others)))


def with_adjusters(message: str, names: Sequence[str]) -> str:
    """Return what a fit says, with its adjusters by name.

    Examples
    --------
    >>> with_adjusters("adjuster[1] separates them", ("age", "sex"))
    'sex separates them'
    """
    return re.sub(r"adjuster\[(\d+)\]", lambda found: names[int(found[1])], message)


def not_adjusted_record(unused: Sequence[Unused], study: Study, values: Values) -> tuple[NotAdjusted[Value], ...]:
    """Return the record of adjusters that a model leaves out."""
    return tuple(_record(item, study, values.at("not adjusted", item.adjuster, status="ok")) for item in unused)


def _record(unused: Unused, study: Study, values: Values) -> NotAdjusted[Value]:
    of = tuple(values.quote(f"of {i}", adjuster_label(name, study)) for i, name in enumerate(unused.of, 1))
    not_adjusted = NotAdjusted(values.quote("adjuster", adjuster_label(unused.adjuster, study)), unused.kind, of)
    label = values.quote("adjuster", adjuster_label(unused.adjuster, study), quoted(not_adjusted.reason))
    return replace(not_adjusted, adjuster=label)


def unused_words(unused: Unused) -> str:
    """Return an adjuster that is left out with the reason, in the names of the study file.

    Examples
    --------
    >>> unused_words(Unused("dose", "constant")), unused_words(Unused("months", "follows", ("age",)))
    ('dose (one value in all)', 'months (follows from age)')
    """
    if unused.kind == "follows":
        return f"{unused.adjuster} (follows from {', '.join(unused.of)})"
    return f"{unused.adjuster} ({REASONS[unused.kind]})"
