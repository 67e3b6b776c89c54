"""The screening of moderators: for each outcome x follow-up x comparison, the interaction of treatment with each moderator.

Three readings stand in the record whatever is tested; what a moderator costs, what was expected of it and what was found
stand beside them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from reportgen.records import kinds
from reportgen.records.effect_scale import EffectScale
from reportgen.records.estimate import ComparisonRecord, Estimate, LeftOut, NotAdjusted
from reportgen.records.numbers import Inline, Status

Tier = Literal["significant", "weak", "neither", "not estimable"]


@dataclass(frozen=True, slots=True)
class InteractionReading:
    """One reading of an interaction.

    `each` has one estimate for a quantity (for a step of it), and one for each level but the reference; `p` is that of the
    joint test where there are several. `evaluations` and `criterion` are of the fit.
    """

    each: tuple[Estimate, ...]
    p: kinds.P
    df_num: kinds.Df | None
    df_den: kinds.Df | None
    status: Status
    reason: str
    evaluations: kinds.Count
    criterion: kinds.Statistic


@dataclass(frozen=True, slots=True)
class EffectAt:
    """The effect of treatment at a value of the moderator: a percentile of a quantity, or a level (no percentile)."""

    value: kinds.Measured
    percentile: kinds.Setting | None
    estimate: Estimate


@dataclass(frozen=True, slots=True)
class Interaction:
    """One moderator of one screen.

    Attributes
    ----------
    id, moderator : str
        Prefix of the ids, and the name in the study file.
    label : Number
        As printed.
    step : Number or None
        What the interaction of a quantity is given for: `10 years`.
    levels : tuple of Number
        The level of each estimate of a reading; empty for a quantity.
    reference : Number or None
        The level that they are compared with.
    trials, n, n_control, n_intervention : Number
        Who has a value, in trials with both sides; for the within reading, in trials that tell something of it.
    uninformative : Number or None
        Further trials of the model that tell nothing of the within reading, where it is tested and there are any.
    cost_people, cost_trials : Number
        Who of the screen has none.
    within, naive, across : InteractionReading
    separate : bool
        Whether `within` has a treatment effect for each trial, because `across` cannot be had.
    tested : {'within', 'naive'}
    tier : str
        By the p of the tested reading.
    holm, benjamini_hochberg : Number
        That p, adjusted for the number tested in the screen.
    at : tuple of EffectAt
        From the model of the tested reading.
    unit_at : Number
        Unit of the values in `at`.
    expected : Number or None
        What the study file expects.
    found : tuple
        What the estimate says, in words, whatever its p.
    """

    id: str
    moderator: str
    label: kinds.Words
    step: kinds.Setting | None
    levels: tuple[kinds.Words, ...]
    reference: kinds.Words | None
    trials: kinds.Count
    n: kinds.Count
    n_control: kinds.Count
    n_intervention: kinds.Count
    cost_people: kinds.Count
    cost_trials: kinds.Count
    uninformative: kinds.Count | None
    within: InteractionReading
    naive: InteractionReading
    across: InteractionReading
    separate: bool
    tested: Literal["within", "naive"]
    tier: Tier
    holm: kinds.P
    benjamini_hochberg: kinds.P
    at: tuple[EffectAt, ...]
    unit_at: kinds.Words
    expected: kinds.Words | None
    found: Inline
    not_adjusted: tuple[NotAdjusted, ...] = ()

    @property
    def reading(self) -> InteractionReading:
        """The reading that is tested."""
        return self.naive if self.tested == "naive" else self.within


@dataclass(frozen=True, slots=True)
class Screen:
    """All moderators of one outcome at one follow-up in one comparison.

    `span` is the width of the outcome's scale (0 where it has none): outcomes in one unit on scales of one width share an
    axis. `scale` is that of the effects, and interactions are their contrasts. `tested` counts the moderators with an estimate.
    """

    id: str
    outcome: str
    outcome_label: kinds.Words
    domain: kinds.Words
    unit: kinds.Words
    scale: EffectScale
    span: float
    follow_up: str
    follow_up_label: kinds.Words
    comparison: str
    trials: kinds.Count
    n: kinds.Count
    n_control: kinds.Count
    n_intervention: kinds.Count
    interactions: tuple[Interaction, ...]
    tested: kinds.Count
    significant: kinds.Count
    weak: kinds.Count
    reason: str
    without_adjuster: tuple[LeftOut, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether nobody could enter."""
        return self.n.value == 0


@dataclass(frozen=True, slots=True)
class ScreeningSettings:
    """What was fitted, in the words of the study file."""

    adjust_for: tuple[kinds.Words, ...]
    treatment_effect: str
    inference: str
    df_floor: str
    reading: Literal["within", "naive"]
    level: kinds.Setting
    minimum_trials: kinds.Setting
    significant: kinds.Setting
    weak: kinds.Setting
    percentiles: tuple[kinds.Setting, ...]


@dataclass(frozen=True, slots=True)
class Moderation:
    """A named screening. `by_chance`: how many of those tested reach the significant tier where nothing moderates."""

    name: str
    settings: ScreeningSettings
    comparisons: tuple[ComparisonRecord, ...]
    screens: tuple[Screen, ...]
    tested: kinds.Count
    significant: kinds.Count
    weak: kinds.Count
    by_chance: kinds.Statistic

    @property
    def statuses(self) -> tuple[Status, ...]:
        """How the three readings of every interaction ended."""
        ones = (one for screen in self.screens if not screen.empty for one in screen.interactions)
        return tuple(reading.status for one in ones for reading in (one.within, one.naive, one.across))
