"""Effects of treatment in the levels of a moderator, or at values of it, that agree with its interaction within trials.

They come from the model of the within reading without the product of treatment with the means of trials: so they differ by
its interaction alone, and those of levels average to its overall effect.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic

from reportgen.records import kinds
from reportgen.records.estimate import Estimate
from reportgen.records.numbers import Status, V


@dataclass(frozen=True, slots=True)
class LevelEffect(Generic[V]):
    """What stands beside the effect at one value or level.

    Attributes
    ----------
    n : Number or None
        Participants who have the level; None for a value of a quantity.
    share : Number or None
        Weight of the level in the overall effect, in per cent; None for a value of a quantity.
    alone : Estimate or None
        Effect in a model of the people of this level alone; None for a value of a quantity.
    consistent : Estimate
        Effect that agrees with the interaction within trials.
    """

    n: kinds.Count[V] | None
    share: kinds.Percent[V] | None
    alone: Estimate[V] | None
    consistent: Estimate[V]


@dataclass(frozen=True, slots=True)
class LevelEffects(Generic[V]):
    """The effects in all levels, or at all values, of one moderator.

    Attributes
    ----------
    each : tuple of LevelEffect
        In the order of the interaction's `at`.
    overall : Estimate
        Of the same model: the mean of the consistent effects in levels with the weights `share`; of a quantity the effect at
        `centre`.
    centre : Number or None
        Mean of a quantity with the trials' weights in the overall effect; None for levels.
    status : str
        How the fit ended.
    reason : str
    """

    each: tuple[LevelEffect[V], ...]
    overall: Estimate[V]
    centre: kinds.Measured[V] | None
    status: Status
    reason: str
