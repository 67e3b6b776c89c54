"""Parameters of recursive partitioning: what they may be, and what they become.

In: the parameters of `partition` as given, and the moderators. Out: frozen settings with one gamma a level and the
smallest size as a number, or one error that names everything that is wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args

import numpy as np

from .choices import Across, AdjusterSlopes, Criterion, Information, Multiplicity, TreatmentEffect, unknown_words
from .crossproducts import IntArray
from .design import Options
from .ranks import wrong_moderator
from .subgroups import Moderator

CHOICES = {
    "criterion": get_args(Criterion),
    "multiplicity": get_args(Multiplicity),
    "across": get_args(Across),
    "information": get_args(Information),
    "treatment_effect": get_args(TreatmentEffect),
    "adjuster_slopes": get_args(AdjusterSlopes),
}
# What those who prepare a search need not give.
DEFAULTS: dict[str, Any] = {"adjuster_slopes": "common", "people_per_slope": 10, "across_extra": 0}
SMALLEST_SHARE = 0.05  # of the people at the root, for the default of min_size
SMALLEST_SIZE = 50
AT_LEAST = {"people_per_slope": 0, "across_extra": 0}


@dataclass(frozen=True, slots=True)
class Settings:
    """Parameters of a search; see `partition`."""

    criterion: Criterion
    multiplicity: Multiplicity
    across: Across
    alpha: float
    gamma: tuple[float, ...] | None
    depth: int
    width: int
    information: Information
    min_size: int
    min_arm: int
    min_trials: int
    max_cuts: int
    treatment_effect: TreatmentEffect
    adjuster_slopes: AdjusterSlopes
    people_per_slope: int
    across_extra: int

    @property
    def options(self) -> Options:
        """Options of each fit without a rule, its slope counted."""
        return Options(
            treatment_effect=self.treatment_effect,
            adjuster_slopes=self.adjuster_slopes,
            people_per_slope=self.people_per_slope,
            more_slopes=1,
        )

    @property
    def random(self) -> bool:
        """Whether the effect of treatment varies between trials."""
        return self.treatment_effect == "random"

    @property
    def limits(self) -> IntArray:
        """What each side of a split has to hold."""
        return np.array([max(self.min_size, 1), max(self.min_arm, 1), max(self.min_trials, 0)], np.int64)


def make_settings(given: dict[str, Any], people: int) -> Settings:
    """Parameters as used: gamma one per level, min_size as a number."""
    given = DEFAULTS | given
    size, gamma, depth = given["min_size"], given["gamma"], int(given["depth"])
    if size is None:
        size = max(SMALLEST_SIZE, int(np.ceil(SMALLEST_SHARE * people)))
    if gamma is not None:
        gamma = (float(gamma),) * depth if np.ndim(gamma) == 0 else tuple(float(item) for item in gamma)
    return Settings(**{**given, "min_size": int(size), "gamma": gamma, "depth": depth})


def check(given: dict[str, Any], moderators: Mapping[str, Moderator], n: int) -> None:
    """Raise for everything that is wrong with the parameters, all at once."""
    given = DEFAULTS | given
    wrong = list(unknown_words(given, CHOICES))
    if not 0.0 < given["alpha"] <= 1.0:
        wrong.append(f"alpha={given['alpha']!r} must lie above 0 and not above 1")
    for name, least in {
        "depth": 1,
        "width": 1,
        "min_arm": 1,
        "min_trials": 0,
        "max_cuts": 1,
        "min_size": 1,
        **AT_LEAST,
    }.items():
        value = given[name]
        if not (name == "min_size" and value is None) and (value != int(value) or value < least):
            wrong.append(f"{name}={value!r} must be a whole number of at least {least}")
    if given["information"] == "within" and given["criterion"] != "interaction":
        wrong.append("information='within' says something of criterion='interaction' only; leave it out")
    if given["adjuster_slopes"] == "stratified" and given["criterion"] != "interaction":
        wrong.append("adjuster_slopes='stratified' goes with criterion='interaction' only")
    wrong += _wrong_gamma(given["gamma"], given["depth"])
    if not moderators:
        wrong.append("moderators is empty; name at least one")
    for name, values in moderators.items():
        wrong += wrong_moderator(name, values, n)
    if wrong:
        raise ValueError("; ".join(wrong))


def _wrong_gamma(gamma: Any, depth: int) -> list[str]:
    if gamma is None:
        return []
    values = np.atleast_1d(np.asarray(gamma, float))
    if np.ndim(gamma) == 1 and len(values) != depth:
        return [f"gamma has {len(values)} values for depth={depth}; give one number, one for each level, or None"]
    if values.ndim > 1 or not np.all((values > 0.0) & (values <= 1.0)):
        return [f"gamma={gamma!r} must lie above 0 and not above 1; None keeps every split"]
    return []
