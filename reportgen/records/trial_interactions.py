"""An interaction by trial: what each trial says of it, and what they say together.

Only differences within trials enter; what the means of trials say, the across reading, stands in the interaction itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic

from reportgen.records import kinds
from reportgen.records.estimate import Estimate, TwoStageHeterogeneity
from reportgen.records.numbers import Status, V


@dataclass(frozen=True, slots=True)
class TrialInteraction(Generic[V]):
    """The interaction in one trial, in the steps of the moderator; people are those whom it compares."""

    trial: kinds.Words[V]
    n_control: kinds.Count[V]
    n_intervention: kinds.Count[V]
    estimate: Estimate[V]
    weight: kinds.Percent[V]
    status: Status
    reason: str


@dataclass(frozen=True, slots=True)
class ContrastByTrial(Generic[V]):
    """One contrast of a moderator by trial: a step of a quantity, or a level against the reference.

    Attributes
    ----------
    id : str
        Prefix of the ids.
    trials : tuple of TrialInteraction
        In the order of the study file; those without an estimate have their reason.
    pooled : Estimate
        Of the trials that have one, in two stages.
    heterogeneity : TwoStageHeterogeneity
    i2, i2_low, i2_high : Number
    reason : str
        Why nothing is pooled; empty where something is.
    """

    id: str
    trials: tuple[TrialInteraction[V], ...]
    pooled: Estimate[V]
    heterogeneity: TwoStageHeterogeneity[V]
    i2: kinds.Percent[V]
    i2_low: kinds.Percent[V]
    i2_high: kinds.Percent[V]
    reason: str

    @property
    def estimated(self) -> tuple[TrialInteraction[V], ...]:
        """The trials that have an interaction of their own."""
        return tuple(trial for trial in self.trials if trial.status == "ok")

    @property
    def suppressed(self) -> bool:
        """Whether something of a trial is known and not printed."""
        return any(trial.status == "suppressed" for trial in self.trials)


@dataclass(frozen=True, slots=True)
class Consistency(Generic[V]):
    """Whether the interaction with a subgroup is alike from trial to trial; nothing of a trial by itself.

    Attributes
    ----------
    trials : Number
        Those with an interaction of their own, and people enough in either arm of both sides.
    same_sign : Number
        Those of them whose interaction has the sign of the one in all trials together.
    i2 : Number
        In per cent.
    q_p : Number
        Of the test of homogeneity.
    """

    trials: kinds.Count[V]
    same_sign: kinds.Count[V]
    i2: kinds.Percent[V]
    q_p: kinds.P[V]
