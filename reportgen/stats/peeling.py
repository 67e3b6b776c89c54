"""What directed peeling hands back, and the options it was asked for; the search itself is in peel_search.py.

A `Peeling` is the frontier: for each share of the people one `Box`, with the people inside, those outside, and the
difference between them. All frozen; nothing here computes more than which box is nearest to a requested size.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np

from .boxes import Mask
from .choices import AdjusterSlopes, Gains, GroupStatus, Information, Objective, TreatmentEffect, unknown_words
from .complete_cases import Cost, NotSearched
from .effect import Effect
from .one_step import ExcludedParticipants

GAINS = ("small", "large")


def _is_number(value: Any) -> bool:
    return isinstance(value, float | int | np.floating | np.integer) and not isinstance(value, bool)


@dataclass(frozen=True, slots=True)
class PeelSettings:
    """The options of `peel`."""

    directions: Literal["auto"] | Mapping[str, Gains] = "auto"
    objective: Objective = "interaction"
    alpha: float = 0.05
    beam: int = 10
    bin_width: float = 0.01
    min_fraction: float = 0.1
    min_size: int | None = None
    min_arm: int = 10
    min_trials: int = 2
    treatment_effect: TreatmentEffect = "random"
    information: Information = "pooled"
    adjuster_slopes: AdjusterSlopes = "common"
    people_per_slope: int = 10

    def wrong(self, moderators: Mapping[str, Any]) -> list[str]:
        """What is wrong with them and how to fix it, for a search among these moderators."""
        return [*self._wrong_words(), *self._wrong_directions(moderators), *self._wrong_shares(), *self._wrong_counts()]

    def _wrong_words(self) -> list[str]:
        choices = {
            "objective": get_args(Objective),
            "treatment_effect": get_args(TreatmentEffect),
            "information": get_args(Information),
            "adjuster_slopes": get_args(AdjusterSlopes),
        }
        return list(unknown_words({name: getattr(self, name) for name in choices}, choices))

    def _wrong_directions(self, moderators: Mapping[str, Any]) -> list[str]:
        if self.directions == "auto":
            return []
        if not isinstance(self.directions, Mapping):
            return [f"directions={self.directions!r} is unknown; use 'auto', or name who gains more by moderator"]
        wrong = []
        for name, gains in self.directions.items():
            if name not in moderators:
                wrong.append(
                    f"directions[{name!r}] is no moderator; the moderators are {', '.join(map(repr, moderators))}"
                )
            if gains not in GAINS:
                wrong.append(f"directions[{name!r}]={gains!r} is unknown; say who gains more, 'small' or 'large'")
        return wrong

    def _wrong_shares(self) -> list[str]:
        wrong = []
        for name, most in (("alpha", "below 1"), ("bin_width", "at most 1"), ("min_fraction", "below 1")):
            share = getattr(self, name)
            if not (_is_number(share) and 0.0 < share <= 1.0) or (share == 1.0 and most == "below 1"):
                wrong.append(f"{name}={share!r} must be a share of people above 0 and {most}")
        return wrong

    def _wrong_counts(self) -> list[str]:
        wrong = []
        for name in ("beam", "min_size", "min_arm", "min_trials"):
            count = getattr(self, name)
            if count is None and name == "min_size":
                continue
            if not (isinstance(count, int | np.integer) and not isinstance(count, bool) and count >= 1):
                wrong.append(f"{name}={count!r} must be a whole number from 1")
        return wrong


@dataclass(frozen=True, slots=True)
class Direction:
    """Who gains more along a moderator, and so from which side it is peeled.

    Attributes
    ----------
    moderator : str
    gains : str
        "small": people with small values gain more, large ones are peeled off; "large": the other way round.
    source : str
        "declared", or "screening interaction": the sign of `interaction`.
    interaction : Effect or None
        Treatment x moderator per unit, centred within trials, in the same people; None where declared.
    reason : str
        Why `interaction` has no estimate; the sign is then that of the step.
    """

    moderator: str
    gains: Gains
    source: str
    interaction: Effect | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Limit:
    """One side of a box.

    Attributes
    ----------
    moderator : str
    side : str
        "<=" or ">=": who is inside.
    value : float or None
        The most extreme value still inside; None where it excludes nobody given the other limits.
    level : str or None
        Name of that value where the moderator is categorical.
    """

    moderator: str
    side: str
    value: float | None
    level: str | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Some of the people analysed, and the effect of treatment among them.

    Attributes
    ----------
    n, n_control, n_intervention : int
    trials : int
        Trials with both arms.
    effect : Effect
        One-step fit of these people alone; people in trials with one arm are counted but do not enter it.
    status, message : str
        Of that fit, as for `OneStepFit`.
    """

    n: int
    n_control: int
    n_intervention: int
    trials: int
    effect: Effect
    status: GroupStatus
    message: str


@dataclass(frozen=True, slots=True, eq=False)
class Box:
    """The best box of one size.

    Attributes
    ----------
    limits : tuple of Limit
        One a moderator, in their order; canonical.
    fraction : float
        Share of the people analysed who are inside.
    n, n_control, n_intervention, trials, effect, status, message
        The people inside, as for `Group`.
    members : ndarray (n,) of bool
        Who is inside, a row of the data each.
    outside : Group
        The rest of the people analysed; its effect is NaN where it is not admissible.
    difference : Effect or None
        Treatment x inside in the one-step model of the whole comparison: effect inside minus outside. None where the
        outside is not admissible.
    z : float
        What the search compared.
    score : str
        What z is of: "interaction", "effect", or "inside minus overall" where the outside is not admissible.
    """

    limits: tuple[Limit, ...]
    fraction: float
    n: int
    n_control: int
    n_intervention: int
    trials: int
    effect: Effect
    status: GroupStatus
    message: str
    members: Mask
    outside: Group
    difference: Effect | None
    z: float
    score: str


@dataclass(frozen=True, slots=True, eq=False)
class Peeling:
    """Result of `peel`.

    Attributes
    ----------
    boxes : tuple of Box
        The frontier: the best box of every size bin that has one, from large to small. Not necessarily nested.
    status, message : str
        "ok"; "no box" (none is admissible), "no moderator" or "not estimable": then `boxes` is empty.
    overall : Group
        Everybody analysed.
    analysed : ndarray (n,) of bool
        Who they are.
    directions : tuple of Direction
        One a moderator searched, in their order.
    not_searched : tuple of NotSearched
        Moderators that were not searched, and why.
    costs : tuple of Cost
        People and trials that each moderator costs.
    excluded : tuple of ExcludedParticipants
    evaluated : int
        Boxes to which a model was fitted.
    settings : PeelSettings
    """

    boxes: tuple[Box, ...]
    status: str
    message: str
    overall: Group
    analysed: Mask
    directions: tuple[Direction, ...]
    not_searched: tuple[NotSearched, ...]
    costs: tuple[Cost, ...]
    excluded: tuple[ExcludedParticipants, ...]
    evaluated: int
    settings: PeelSettings

    def nearest(self, sizes: Sequence[float]) -> tuple[Box, ...]:
        """For each requested share of people the box of the nearest size; of two equally near the larger.

        Raises
        ------
        ValueError
            Where a size is no share of people.
        """
        wrong = [size for size in sizes if not (_is_number(size) and 0.0 < size <= 1.0)]
        if wrong:
            raise ValueError(f"sizes must be shares of people above 0 and at most 1, not {wrong}")
        if not self.boxes:
            return ()
        return tuple(
            min(self.boxes, key=lambda box: (round(abs(box.fraction - size), 9), -box.fraction)) for size in sizes
        )
