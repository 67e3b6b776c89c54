"""One frozen record per analysis: all that a report may say of it.

Records hold numbers and words, no participants. They import neither data nor stats, so that a saved run can be drawn
again without them. What a table, figure or sentence needs and does not find here is a field that is missing here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from reportgen.records import kinds
from reportgen.records.agreement import Agreement
from reportgen.records.effect_scale import EffectScale
from reportgen.records.egress import Egress
from reportgen.records.estimate import ComparisonRecord, Estimate, LeftOut, NotAdjusted
from reportgen.records.moderation import Moderation
from reportgen.records.numbers import Inline, Status
from reportgen.records.partition import RecursivePartitioning
from reportgen.records.peeling import DirectedPeeling


@dataclass(frozen=True, slots=True)
class StudyRecord:
    """What stands on the title page and in the running heads."""

    name: str
    title: kinds.Words
    subtitle: kinds.Words
    authors: tuple[kinds.Words, ...]
    protocol: kinds.Words
    version: kinds.Words
    summary: kinds.Words
    source: kinds.Words
    simulated: bool
    profile: str
    fingerprint: kinds.Words
    trials: kinds.Count
    participants: kinds.Count
    level: kinds.Setting


@dataclass(frozen=True, slots=True)
class ArmRow:
    """An arm of a trial: its class, its name and its participants."""

    arm_class: kinds.Words
    name: kinds.Words
    n: kinds.Count


@dataclass(frozen=True, slots=True)
class TrialRow:
    """A trial: its arms, the people in its file, those who stay and those whom its publication counts."""

    trial: kinds.Words
    country: kinds.Words
    n: kinds.Count
    in_file: kinds.Count
    published: kinds.Count | None
    published_source: kinds.Words | None
    arms: tuple[ArmRow, ...]


@dataclass(frozen=True, slots=True)
class IncludedTrials:
    """Trials by number of participants, the largest first."""

    trials: tuple[TrialRow, ...]
    number: kinds.Count
    n: kinds.Count
    in_file: kinds.Count


@dataclass(frozen=True, slots=True)
class Summary:
    """A characteristic on one side: trials that collected it, participants with a value, mean (SD) or nothing."""

    trials: kinds.Count
    n: kinds.Count
    mean: kinds.Mean | None = None
    sd: kinds.Mean | None = None


@dataclass(frozen=True, slots=True)
class Share:
    """A level on one side: count and per cent of those with a value."""

    n: kinds.Count
    percent: kinds.Percent


@dataclass(frozen=True, slots=True)
class Level:
    """A level of a characteristic: control, intervention, all."""

    label: kinds.Words
    shares: tuple[Share, ...]


@dataclass(frozen=True, slots=True)
class Characteristic:
    """A row (quantity) or a group of rows (levels) of a table of baseline characteristics."""

    label: kinds.Words
    unit: kinds.Words
    sides: tuple[Summary, ...]
    levels: tuple[Level, ...]
    difference: kinds.Heterogeneity | None


@dataclass(frozen=True, slots=True)
class Side:
    """A column of a descriptive table."""

    label: str
    trials: kinds.Count
    n: kinds.Count


@dataclass(frozen=True, slots=True)
class Descriptive:
    """Baseline characteristics: control, intervention, all."""

    name: str
    comparison: kinds.Words
    sides: tuple[Side, ...]
    characteristics: tuple[Characteristic, ...]
    minimum_cell: kinds.Setting
    suppressed: bool
    one_sided: tuple[kinds.Words, ...]


@dataclass(frozen=True, slots=True)
class AvailabilityCell:
    """Trial x measure x visit: participants with a value, or never collected (`n` is None)."""

    trial: str
    measure: str
    visit: str
    n: kinds.Count | None
    share: float


@dataclass(frozen=True, slots=True)
class Availability:
    """Who collected what, when, and from how many. Measures and visits: the key that cells name, and its label."""

    trials: tuple[kinds.Words, ...]
    people: tuple[kinds.Count, ...]
    measures: tuple[tuple[str, kinds.Words], ...]
    visits: tuple[tuple[str, kinds.Words], ...]
    cells: tuple[AvailabilityCell, ...]


@dataclass(frozen=True, slots=True)
class MeasureCell:
    """The instrument that one trial brings to one outcome, and the visits at which it was measured."""

    trial: str
    outcome: str
    instruments: tuple[kinds.Words, ...]


@dataclass(frozen=True, slots=True)
class OutcomeMeasures:
    """Outcome measures by trial."""

    trials: tuple[kinds.Words, ...]
    outcomes: tuple[kinds.Words, ...]
    cells: tuple[MeasureCell, ...]


@dataclass(frozen=True, slots=True)
class Scaled:
    """The same effect on a scale of 0 to 100, and the factor that leads there and back."""

    effect: kinds.Scaled
    low: kinds.Scaled
    high: kinds.Scaled
    predicted_low: kinds.Scaled
    predicted_high: kinds.Scaled
    factor: kinds.Statistic


@dataclass(frozen=True, slots=True)
class TrialEstimate:
    """One trial of a pooled effect."""

    trial: kinds.Words
    instrument: kinds.Words
    n_control: kinds.Count
    n_intervention: kinds.Count
    estimate: Estimate
    weight: kinds.Percent
    status: Status
    reason: str
    not_adjusted: tuple[NotAdjusted, ...] = ()


@dataclass(frozen=True, slots=True)
class Heterogeneity:
    """Between-trial variation of a pooled effect."""

    tau2: kinds.Heterogeneity
    tau: kinds.Heterogeneity
    i2: kinds.Percent
    i2_low: kinds.Percent
    i2_high: kinds.Percent
    predicted_low: kinds.Effect
    predicted_high: kinds.Effect


@dataclass(frozen=True, slots=True)
class TwoStageHeterogeneity:
    """Between-trial variation as the two-stage model has it: τ² with its Q-profile interval, and the test of homogeneity.

    `trials` counts those that have an effect of their own.
    """

    trials: kinds.Count
    tau2: kinds.Heterogeneity
    tau2_low: kinds.Heterogeneity
    tau2_high: kinds.Heterogeneity
    q: kinds.Statistic
    q_df: kinds.Df
    q_p: kinds.P


@dataclass(frozen=True, slots=True)
class PooledEffect:
    """One outcome at one follow-up in one comparison.

    Attributes
    ----------
    scale : EffectScale
        Of all its effects, those of single trials included.
    estimate : Estimate
        Of the one-step model; of one trial alone its own effect, by analysis of covariance.
    heterogeneity : Heterogeneity
        τ² and the prediction interval of the one-step model; I² of the two-stage one, as are the weights of `by_trial`.
    outside : str
        That, and why, a pooled estimate lies outside the range of its trials' own effects; empty where none does.
    """

    id: str
    outcome: str
    outcome_label: kinds.Words
    domain: kinds.Words
    unit: kinds.Words
    scale: EffectScale
    follow_up: str
    follow_up_label: kinds.Words
    comparison: str
    trials: kinds.Count
    n: kinds.Count
    n_control: kinds.Count
    n_intervention: kinds.Count
    in_comparison: kinds.Count
    estimate: Estimate
    scaled: Scaled | None
    heterogeneity: Heterogeneity
    common: Estimate
    two_stage: Estimate
    two_stage_heterogeneity: TwoStageHeterogeneity
    outside: str
    by_trial: tuple[TrialEstimate, ...]
    left_out: tuple[LeftOut, ...]
    status: Status
    reason: str
    evaluations: kinds.Count
    criterion: kinds.Statistic
    df_unfloored: kinds.Df
    not_adjusted: tuple[NotAdjusted, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether nobody could enter: there is nothing to print but who was left out, and why."""
        return self.n.value == 0

    @property
    def alone(self) -> bool:
        """Whether the effect is one trial's own, so that nothing is pooled."""
        return self.trials.value == 1 and self.estimate.effect.value is not None

    @property
    def one_step_only(self) -> tuple[TrialEstimate, ...]:
        """Trials of the one-step model that the two-stage one leaves out, for want of an effect of their own."""
        if self.two_stage.effect.value is None:
            return ()
        return tuple(row for row in self.by_trial if row.status == "not estimable")


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """What was fitted, in the words of the study file."""

    adjust_for: tuple[kinds.Words, ...]
    intercept: str
    treatment_effect: str
    covariance: str
    adjuster_slopes: str
    residual: str
    estimation: str
    inference: str
    df_floor: str
    two_stage_method: str
    two_stage_test: str
    level: kinds.Setting
    minimum_trials: kinds.Setting


@dataclass(frozen=True, slots=True)
class MetaAnalysis:
    """A named meta-analysis: every outcome x follow-up x comparison."""

    name: str
    settings: ModelSettings
    comparisons: tuple[ComparisonRecord, ...]
    effects: tuple[PooledEffect, ...]

    @property
    def alone(self) -> bool:
        """Whether each effect is one trial's own, so that no model of several trials was fitted."""
        estimated = [effect for effect in self.effects if effect.estimate.effect.value is not None]
        return bool(estimated) and all(effect.alone for effect in estimated)


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """A recode, or people left out on loading."""

    trial: kinds.Words
    kind: str
    variable: kinds.Words
    rule: kinds.Words
    count: kinds.Count
    place: kinds.Words


@dataclass(frozen=True, slots=True)
class Ledger:
    """Everything that was done to the raw data."""

    rows: tuple[LedgerRow, ...]


@dataclass(frozen=True, slots=True)
class GlossaryRow:
    """A scale: what it is, its range and direction."""

    name: kinds.Words
    title: kinds.Words
    range: kinds.Words
    better: str
    unit: kinds.Words
    limits: tuple[kinds.Setting, ...] = ()


@dataclass(frozen=True, slots=True)
class Glossary:
    """Scales of the study."""

    rows: tuple[GlossaryRow, ...]


@dataclass(frozen=True, slots=True)
class FileRow:
    """A data file as it was read."""

    name: kinds.Words
    fingerprint: kinds.Words
    size: kinds.Count
    rows: kinds.Count


@dataclass(frozen=True, slots=True)
class Provenance:
    """What the numbers were made from and with."""

    files: tuple[FileRow, ...]
    fingerprint: kinds.Words
    seed: kinds.Setting
    versions: tuple[tuple[str, kinds.Words], ...]


@dataclass(frozen=True, slots=True)
class Failure:
    """An analysis that failed: its place in the report says why."""

    name: str
    reason: kinds.Words


@dataclass(frozen=True, slots=True)
class ReconciliationRow:
    """What a trial's publication says of one thing, and what its file gives.

    `covered` where there is an interval; `adjusted`, of an effect alone, whether ours is adjusted for the baseline value.
    """

    what: kinds.Words
    published: Inline
    ours: Inline
    difference: kinds.Published
    covered: Literal["yes", "no", ""]
    source: kinds.Words
    adjusted: bool | None = None


@dataclass(frozen=True, slots=True)
class ReconciledTrial:
    """One trial of a reconciliation."""

    trial: kinds.Words
    rows: tuple[ReconciliationRow, ...]


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """Trials whose mappings say what was published of them."""

    trials: tuple[ReconciledTrial, ...]
    level: kinds.Setting


FidelityStatus = Literal["as printed", "differs", "no result", "not reproduced"]


@dataclass(frozen=True, slots=True)
class FidelityRow:
    """A number of the print beside ours: the very same `Number` that the report prints in its own place.

    `default` is ours with the inference of the study, where `ours` follows the inference of the print.
    """

    name: kinds.Words
    printed: kinds.Published
    ours: kinds.Published | None
    default: kinds.Published | None
    difference: kinds.Published | None
    covered: Literal["yes", "no", ""]
    status: FidelityStatus
    why: kinds.Words | None


@dataclass(frozen=True, slots=True)
class FidelitySection:
    """The numbers of one printed table, or of one paragraph; how many of them came out as printed."""

    title: kinds.Words
    rows: tuple[FidelityRow, ...]
    as_printed: kinds.Count
    size: kinds.Count


@dataclass(frozen=True, slots=True)
class Fidelity:
    """The publication that a study regenerates, number by number, and where it contradicts itself."""

    source: kinds.Words
    sections: tuple[FidelitySection, ...]
    contradictions: tuple[kinds.Words, ...]
    size: kinds.Count
    counts: dict[FidelityStatus, kinds.Count]
    covered: kinds.Count
    with_interval: kinds.Count


AnalysisRecord = Descriptive | MetaAnalysis | Moderation | RecursivePartitioning | DirectedPeeling | Agreement | Failure


@dataclass(frozen=True, slots=True)
class Records:
    """All that a report may say."""

    study: StudyRecord
    included: IncludedTrials
    availability: Availability
    measures: OutcomeMeasures
    analyses: dict[str, AnalysisRecord]
    ledger: Ledger
    glossary: Glossary
    provenance: Provenance
    reconciliation: Reconciliation | None = None
    fidelity: Fidelity | None = None
    egress: Egress | None = None
