"""One frozen record per analysis: all that a report may say of it.

Records hold numbers and words, no participants. They import neither data nor stats, so that a saved run can be drawn
again without them. What a table, figure or sentence needs and does not find here is a field that is missing here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from reportgen.records.agreement import Agreement
from reportgen.records.egress import Egress
from reportgen.records.estimate import ComparisonRecord, Estimate, LeftOut, NotAdjusted
from reportgen.records.moderation import Moderation
from reportgen.records.numbers import Inline, Number, Status
from reportgen.records.partition import RecursivePartitioning
from reportgen.records.peeling import DirectedPeeling


@dataclass(frozen=True, slots=True)
class StudyRecord:
    """What stands on the title page and in the running heads."""

    name: str
    title: Number
    subtitle: Number
    authors: tuple[Number, ...]
    protocol: Number
    version: Number
    summary: Number
    source: Number
    simulated: bool
    profile: str
    fingerprint: Number
    trials: Number
    participants: Number
    level: Number


@dataclass(frozen=True, slots=True)
class ArmRow:
    """An arm of a trial: its class, its name and its participants."""

    arm_class: Number
    name: Number
    n: Number


@dataclass(frozen=True, slots=True)
class TrialRow:
    """A trial: its arms, the people in its file, those who stay and those whom its publication counts."""

    trial: Number
    country: Number
    n: Number
    in_file: Number
    published: Number | None
    published_source: Number | None
    arms: tuple[ArmRow, ...]


@dataclass(frozen=True, slots=True)
class IncludedTrials:
    """Trials by number of participants, the largest first."""

    trials: tuple[TrialRow, ...]
    number: Number
    n: Number
    in_file: Number


@dataclass(frozen=True, slots=True)
class Summary:
    """A characteristic on one side: trials that collected it, participants with a value, mean (SD) or nothing."""

    trials: Number
    n: Number
    mean: Number | None = None
    sd: Number | None = None


@dataclass(frozen=True, slots=True)
class Share:
    """A level on one side: count and per cent of those with a value."""

    n: Number
    percent: Number


@dataclass(frozen=True, slots=True)
class Level:
    """A level of a characteristic: control, intervention, all."""

    label: Number
    shares: tuple[Share, ...]


@dataclass(frozen=True, slots=True)
class Characteristic:
    """A row (quantity) or a group of rows (levels) of a table of baseline characteristics."""

    label: Number
    unit: Number
    sides: tuple[Summary, ...]
    levels: tuple[Level, ...]
    difference: Number | None


@dataclass(frozen=True, slots=True)
class Side:
    """A column of a descriptive table."""

    label: str
    trials: Number
    n: Number


@dataclass(frozen=True, slots=True)
class Descriptive:
    """Baseline characteristics: control, intervention, all."""

    name: str
    comparison: Number
    sides: tuple[Side, ...]
    characteristics: tuple[Characteristic, ...]
    minimum_cell: Number
    suppressed: bool
    one_sided: tuple[Number, ...]


@dataclass(frozen=True, slots=True)
class AvailabilityCell:
    """Trial x measure x visit: participants with a value, or never collected (`n` is None)."""

    trial: str
    measure: str
    visit: str
    n: Number | None
    share: float


@dataclass(frozen=True, slots=True)
class Availability:
    """Who collected what, when, and from how many. Measures and visits: the key that cells name, and its label."""

    trials: tuple[Number, ...]
    people: tuple[Number, ...]
    measures: tuple[tuple[str, Number], ...]
    visits: tuple[tuple[str, Number], ...]
    cells: tuple[AvailabilityCell, ...]


@dataclass(frozen=True, slots=True)
class MeasureCell:
    """The instrument that one trial brings to one outcome, and the visits at which it was measured."""

    trial: str
    outcome: str
    instruments: tuple[Number, ...]


@dataclass(frozen=True, slots=True)
class OutcomeMeasures:
    """Outcome measures by trial."""

    trials: tuple[Number, ...]
    outcomes: tuple[Number, ...]
    cells: tuple[MeasureCell, ...]


@dataclass(frozen=True, slots=True)
class Scaled:
    """The same effect on a scale of 0 to 100, and the factor that leads there and back."""

    effect: Number
    low: Number
    high: Number
    predicted_low: Number
    predicted_high: Number
    factor: Number


@dataclass(frozen=True, slots=True)
class TrialEstimate:
    """One trial of a pooled effect."""

    trial: Number
    instrument: Number
    n_control: Number
    n_intervention: Number
    estimate: Estimate
    weight: Number
    status: Status
    reason: str
    not_adjusted: tuple[NotAdjusted, ...] = ()


@dataclass(frozen=True, slots=True)
class Heterogeneity:
    """Between-trial variation of a pooled effect."""

    tau2: Number
    tau: Number
    i2: Number
    i2_low: Number
    i2_high: Number
    predicted_low: Number
    predicted_high: Number


@dataclass(frozen=True, slots=True)
class TwoStageHeterogeneity:
    """Between-trial variation as the two-stage model has it: τ² with its Q-profile interval, and the test of homogeneity.

    `trials` counts those that have an effect of their own.
    """

    trials: Number
    tau2: Number
    tau2_low: Number
    tau2_high: Number
    q: Number
    q_df: Number
    q_p: Number


@dataclass(frozen=True, slots=True)
class PooledEffect:
    """One outcome at one follow-up in one comparison.

    Attributes
    ----------
    estimate : Estimate
        Of the one-step model; of one trial alone its own effect, by analysis of covariance.
    heterogeneity : Heterogeneity
        τ² and the prediction interval of the one-step model; I² of the two-stage one, as are the weights of `by_trial`.
    outside : str
        That, and why, a pooled estimate lies outside the range of its trials' own effects; empty where none does.
    """

    id: str
    outcome: str
    outcome_label: Number
    domain: Number
    unit: Number
    follow_up: str
    follow_up_label: Number
    comparison: str
    trials: Number
    n: Number
    n_control: Number
    n_intervention: Number
    in_comparison: Number
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
    evaluations: Number
    criterion: Number
    df_unfloored: Number
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

    adjust_for: tuple[Number, ...]
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
    level: Number
    minimum_trials: Number


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

    trial: Number
    kind: str
    variable: Number
    rule: Number
    count: Number
    place: Number


@dataclass(frozen=True, slots=True)
class Ledger:
    """Everything that was done to the raw data."""

    rows: tuple[LedgerRow, ...]


@dataclass(frozen=True, slots=True)
class GlossaryRow:
    """A scale: what it is, its range and direction."""

    name: Number
    title: Number
    range: Number
    better: str
    unit: Number
    limits: tuple[Number, ...] = ()


@dataclass(frozen=True, slots=True)
class Glossary:
    """Scales of the study."""

    rows: tuple[GlossaryRow, ...]


@dataclass(frozen=True, slots=True)
class FileRow:
    """A data file as it was read."""

    name: Number
    fingerprint: Number
    size: Number
    rows: Number


@dataclass(frozen=True, slots=True)
class Provenance:
    """What the numbers were made from and with."""

    files: tuple[FileRow, ...]
    fingerprint: Number
    seed: Number
    versions: tuple[tuple[str, Number], ...]


@dataclass(frozen=True, slots=True)
class Failure:
    """An analysis that failed: its place in the report says why."""

    name: str
    reason: Number


@dataclass(frozen=True, slots=True)
class ReconciliationRow:
    """What a trial's publication says of one thing, and what its file gives; `covered` where there is an interval."""

    what: Number
    published: Inline
    ours: Inline
    difference: Number
    covered: Literal["yes", "no", ""]
    source: Number


@dataclass(frozen=True, slots=True)
class ReconciledTrial:
    """One trial of a reconciliation."""

    trial: Number
    rows: tuple[ReconciliationRow, ...]


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """Trials whose mappings say what was published of them."""

    trials: tuple[ReconciledTrial, ...]
    level: Number


FidelityStatus = Literal["as printed", "differs", "no result", "not reproduced"]


@dataclass(frozen=True, slots=True)
class FidelityRow:
    """A number of the print beside ours: the very same `Number` that the report prints in its own place.

    `default` is ours with the inference of the study, where `ours` follows the inference of the print.
    """

    name: Number
    printed: Number
    ours: Number | None
    default: Number | None
    difference: Number | None
    covered: Literal["yes", "no", ""]
    status: FidelityStatus
    why: Number | None


@dataclass(frozen=True, slots=True)
class FidelitySection:
    """The numbers of one printed table, or of one paragraph; how many of them came out as printed."""

    title: Number
    rows: tuple[FidelityRow, ...]
    as_printed: Number
    size: Number


@dataclass(frozen=True, slots=True)
class Fidelity:
    """The publication that a study regenerates, number by number, and where it contradicts itself."""

    source: Number
    sections: tuple[FidelitySection, ...]
    contradictions: tuple[Number, ...]
    size: Number
    counts: dict[FidelityStatus, Number]
    covered: Number
    with_interval: Number


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
