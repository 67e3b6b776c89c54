"""What the records of several methods share: an effect with its uncertainty, who was compared, who was left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, Literal

from reportgen.records import kinds
from reportgen.records.exclusion import Exclusion
from reportgen.records.numbers import Inline, V


@dataclass(frozen=True, slots=True)
class Estimate(Generic[V]):
    """An effect with its uncertainty, as analysed; its `EffectScale` stands with the outcome that it belongs to."""

    effect: kinds.Effect[V]
    low: kinds.Effect[V]
    high: kinds.Effect[V]
    std_error: kinds.Heterogeneity[V]
    df: kinds.Df[V]
    p: kinds.P[V]


@dataclass(frozen=True, slots=True)
class TwoStageHeterogeneity(Generic[V]):
    """Between-trial variation as the two-stage model has it: τ² with its Q-profile interval, and the test of homogeneity.

    `trials` counts those that have an effect of their own.
    """

    trials: kinds.Count[V]
    tau2: kinds.Heterogeneity[V]
    tau2_low: kinds.Heterogeneity[V]
    tau2_high: kinds.Heterogeneity[V]
    q: kinds.Statistic[V]
    q_df: kinds.Df[V]
    q_p: kinds.P[V]


@dataclass(frozen=True, slots=True)
class ExcludedParticipants(Generic[V]):
    """Participants of the comparison who are not in the analysis, by trial and reason; `exclusion` is the reason as data."""

    trial: kinds.Words[V]
    reason: Inline[V]
    n: kinds.Count[V]
    whole_trial: bool
    exclusion: Exclusion | None = None


REASONS = {
    "constant": "one value in all",
    "within": "one value in each trial",
    "unmeasured": "not measured at baseline",
}


@dataclass(frozen=True, slots=True)
class NotAdjusted(Generic[V]):
    """An adjuster of the study file that a model leaves out.

    Attributes
    ----------
    adjuster : Number
        Its label, with the reason.
    kind : {'constant', 'within', 'follows', 'unmeasured'}
        One value in all; one value in each trial; what other adjusters, or the treatment, tell already; a baseline that no
        trial measured of an outcome whose value at follow-up is analysed.
    of : tuple of Number
        The adjusters that it follows from.
    """

    adjuster: kinds.Words[V]
    kind: Literal["constant", "within", "follows", "unmeasured"]
    of: tuple[kinds.Words[V], ...] = ()

    @property
    def reason(self) -> Inline[V]:
        """Why it is left out, in words."""
        if self.kind != "follows":
            return (REASONS[self.kind],)
        others = tuple(part for item in self.of for part in (", ", item))
        return ("follows from ", *others[1:])


@dataclass(frozen=True, slots=True)
class SearchRange(Generic[V]):
    """The smallest and the largest of the searches of an analysis: trials, and participants, fewest and most."""

    trials_fewest: kinds.Count[V]
    trials_most: kinds.Count[V]
    participants_fewest: kinds.Count[V]
    participants_most: kinds.Count[V]


@dataclass(frozen=True, slots=True)
class SuppressionNote(Generic[V]):
    """What a search keeps to itself, so that nobody can be identified from the difference between two groups.

    Attributes
    ----------
    minimum_cell : Number
        Of the policy: by how many people in each arm what is drawn or stands in the series differs.
    suppressed : Number
        How many cuts, or boxes, are neither drawn nor in the series for that.
    """

    minimum_cell: kinds.Setting[V]
    suppressed: kinds.Count[V]

    @property
    def note(self) -> dict[str, int]:
        """The same for the metadata of a series."""
        return {"minimum_cell": int(self.minimum_cell.value or 0), "left_out": int(self.suppressed.value or 0)}


@dataclass(frozen=True, slots=True)
class ComparisonRecord(Generic[V]):
    """A comparison as declared, and the arms that entered it."""

    name: str
    title: kinds.Words[V]
    intervention: tuple[kinds.Words[V], ...]
    control: tuple[kinds.Words[V], ...]
