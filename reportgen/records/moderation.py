"""The screening of moderators: for each outcome x follow-up x comparison, the interaction of treatment with each moderator.

Three readings stand in the record whatever is tested; what a moderator costs, what was expected of it and what was found
stand beside them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, Literal

from reportgen.houses import VERSUS
from reportgen.records import kinds
from reportgen.records.effect_scale import EffectScale
from reportgen.records.estimate import Estimate, ExcludedParticipants, NotAdjusted
from reportgen.records.level_effects import LevelEffects
from reportgen.records.numbers import Inline, Status, V
from reportgen.records.record import Record
from reportgen.records.sites import Sites
from reportgen.records.trial_interactions import ContrastByTrial

Tier = Literal["significant", "weak", "neither", "not estimable"]


def unit_of_step(unit: str, *, single: bool) -> str:
    """Return the unit of a step of a moderator as it stands behind "per 10", or behind "per" where the step is a single one.

    Examples
    --------
    >>> [unit_of_step(unit, single=False) for unit in ("years", "%", "", "kg/m²")]
    ['years', 'percentage points', 'units', 'kg/m²']
    >>> [unit_of_step(unit, single=True) for unit in ("years", "%", "", "kg/m²")]
    ['year', 'percentage point', 'unit', 'kg/m²']
    """
    several = {"%": "percentage points", "": "units"}.get(unit, unit)
    in_letters = several.isascii() and several.replace(" ", "").isalpha()
    return several.removesuffix("s") if single and in_letters else several


@dataclass(frozen=True, slots=True)
class InteractionReading(Generic[V]):
    """One reading of an interaction.

    `each` has one estimate for a quantity (for a step of it), and one for each level but the reference; `p` is that of the
    joint test where there are several. `evaluations`, `criterion` and `site_variance`, the variance of the intercepts of sites, are of
    the fit.
    """

    each: tuple[Estimate[V], ...]
    p: kinds.P[V]
    df_num: kinds.Df[V] | None
    df_den: kinds.Df[V] | None
    status: Status
    reason: str
    evaluations: kinds.Count[V]
    criterion: kinds.Statistic[V]
    site_variance: kinds.Heterogeneity[V] | None = None


@dataclass(frozen=True, slots=True)
class Scatter(Generic[V]):
    """Whether the interaction within trials is there in these trials, and whether it may be expected in new ones.

    Attributes
    ----------
    p_these, p_new : Number
        With an interaction common to the trials, and with one that varies between them; one of them is that of the within
        reading.
    tau : Number
        Standard deviation of the interaction between trials: of a quantity per step, of levels that of the contrast of two.
    """

    p_these: kinds.P[V]
    p_new: kinds.P[V]
    tau: kinds.Heterogeneity[V]


@dataclass(frozen=True, slots=True)
class EffectAt(Generic[V]):
    """The effect of treatment at a value of the moderator: a percentile of a quantity, or a level (no percentile)."""

    value: kinds.Measured[V]
    percentile: kinds.Setting[V] | None
    estimate: Estimate[V]


@dataclass(frozen=True, slots=True)
class Interaction(Generic[V]):
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
    scatter : Scatter
        How much the within reading rests on its being the same in all trials.
    separate : bool
        Whether `within` has a treatment effect for each trial, because `across` cannot be had.
    tested : {'within', 'naive', 'across'}
        `across` of what is one value of each trial, which has no other reading.
    tier : str
        By the p of the tested reading.
    holm, benjamini_hochberg : Number
        That p, adjusted for the number tested in the screen.
    min_p, min_p_all : Number or None
        The same by random draws without effect modification: for all moderators of the screen, and for those of all screens of
        the comparison; None without draws.
    at : tuple of EffectAt
        From the model of the tested reading.
    unit_at : Number
        Unit of the values in `at`.
    expected : Number or None
        What the study file expects.
    found : tuple
        What the estimate says, in words, whatever its p.
    by_trial : tuple of ContrastByTrial
        The interaction in each trial, one for each estimate of a reading; empty where all of it is suppressed.
    level_effects : LevelEffects or None
        Effects that agree with the interaction within trials, beside those in `at`.
    """

    id: str
    moderator: str
    label: kinds.Words[V]
    step: kinds.Setting[V] | None
    levels: tuple[kinds.Words[V], ...]
    reference: kinds.Words[V] | None
    trials: kinds.Count[V]
    n: kinds.Count[V]
    n_control: kinds.Count[V]
    n_intervention: kinds.Count[V]
    cost_people: kinds.Count[V]
    cost_trials: kinds.Count[V]
    uninformative: kinds.Count[V] | None
    within: InteractionReading[V]
    naive: InteractionReading[V]
    across: InteractionReading[V]
    scatter: Scatter[V]
    separate: bool
    tested: Literal["within", "naive", "across"]
    tier: Tier
    holm: kinds.P[V]
    benjamini_hochberg: kinds.P[V]
    at: tuple[EffectAt[V], ...]
    unit_at: kinds.Words[V]
    expected: kinds.Words[V] | None
    found: Inline[V]
    not_adjusted: tuple[NotAdjusted[V], ...] = ()
    min_p: kinds.P[V] | None = None
    min_p_all: kinds.P[V] | None = None
    by_trial: tuple[ContrastByTrial[V], ...] = ()
    level_effects: LevelEffects[V] | None = None

    @property
    def reading(self) -> InteractionReading[V]:
        """The reading that is tested."""
        return {"within": self.within, "naive": self.naive, "across": self.across}[self.tested]

    @property
    def of_trials(self) -> bool:
        """Whether the moderator is one value of each trial, so that its interaction compares trials."""
        return self.tested == "across"


def contrast(interaction: Interaction, index: int) -> Inline:
    """Return "per 10 years" or "male v female"; nothing where no level is known."""
    if interaction.step is not None:
        return ("per ", interaction.step)
    if not interaction.levels or interaction.reference is None:
        return ()
    return (interaction.levels[index], VERSUS, interaction.reference)


OF_TRIALS = (
    "(across trials): the moderator has one value in each trial. Its interaction compares trials, not participants, and nobody "
    "randomised it: whatever else differs between the trials may explain it. "
)


def label_of(interaction: Interaction) -> Inline:
    """Return the name of a moderator, with what its interaction compares where that is trials."""
    return (interaction.label, " (across trials)") if interaction.of_trials else (interaction.label,)


def of_trials_note(screens: Iterable[Screen]) -> tuple[Inline, ...]:
    """Return the note on moderators that are one value of each trial; nothing where there are none."""
    if not any(item.of_trials for screen in screens for item in screen.interactions):
        return ()
    return ((OF_TRIALS.strip(),),)


def place_of(at: EffectAt, interaction: Interaction) -> Inline:
    """Return where an effect is: "male", or "36 years (10th percentile)"."""
    return (at.value, *unit_at(interaction), " (", at.percentile, " percentile)") if at.percentile else (at.value,)


def unit_at(interaction: Interaction) -> Inline:
    """Return the unit behind a value of a moderator, with its space; nothing for levels and points."""
    if interaction.unit_at.text in ("", "points"):
        return ()
    return ("" if interaction.unit_at.text == "%" else "\u00a0", interaction.unit_at)


@dataclass(frozen=True, slots=True)
class Screen(Generic[V]):
    """All moderators of one outcome at one follow-up in one comparison.

    `span` is the width of the outcome's scale (0 where it has none): outcomes in one unit on scales of one width share an
    axis. `scale` is that of the effects, and interactions are their contrasts. `tested` counts the moderators with an estimate.
    `flips` are the random draws by which p is adjusted; None without. `kind` is that of the outcome. `pooled` is the measure of its
    pooled effects, where that is another than the one whose interactions these are. `sites` are those of its people, None without.
    """

    id: str
    outcome: str
    outcome_label: kinds.Words[V]
    domain: kinds.Words[V]
    unit: kinds.Words[V]
    scale: EffectScale
    span: float
    follow_up: str
    follow_up_label: kinds.Words[V]
    comparison: str
    trials: kinds.Count[V]
    n: kinds.Count[V]
    n_control: kinds.Count[V]
    n_intervention: kinds.Count[V]
    interactions: tuple[Interaction[V], ...]
    tested: kinds.Count[V]
    significant: kinds.Count[V]
    weak: kinds.Count[V]
    reason: str
    without_adjuster: tuple[ExcludedParticipants[V], ...] = ()
    flips: kinds.Count[V] | None = None
    kind: Literal["continuous", "binary", "count"] = "continuous"
    pooled: str = ""
    sites: Sites[V] | None = None

    @property
    def empty(self) -> bool:
        """Whether nobody could enter."""
        return self.n.value == 0

    @property
    def statuses(self) -> tuple[Status, ...]:
        """How the three readings of every interaction ended."""
        return tuple(
            reading.status
            for interaction in self.interactions
            for reading in (interaction.within, interaction.naive, interaction.across)
        )


@dataclass(frozen=True, slots=True)
class ScreeningSettings(Generic[V]):
    """What was fitted, in the words of the study file."""

    adjust_for: tuple[kinds.Words[V], ...]
    treatment_effect: str
    inference: str
    df_floor: str
    interaction_effect: Literal["random", "common"]
    adjuster_slopes: str
    residual: str
    reading: Literal["within", "naive"]
    level: kinds.Setting[V]
    minimum_trials: kinds.Setting[V]
    significant: kinds.Setting[V]
    weak: kinds.Setting[V]
    percentiles: tuple[kinds.Setting[V], ...]


@dataclass(frozen=True, slots=True)
class Moderation(Record[ScreeningSettings[V], Screen[V], V]):
    """A named screening. `by_chance`: how many of those tested reach the significant tier where nothing moderates."""

    tested: kinds.Count[V]
    significant: kinds.Count[V]
    weak: kinds.Count[V]
    by_chance: kinds.Statistic[V]
