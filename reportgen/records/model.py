"""One frozen record per analysis: all that a report may say of it.

Records hold numbers and words, no participants. They import neither data nor stats, so that a saved run can be drawn
again without them. What a table, figure or sentence needs and does not find here is a field that is missing here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, Literal

from reportgen.records import kinds
from reportgen.records.agreement import Agreement
from reportgen.records.effect_scale import EffectScale
from reportgen.records.egress import Egress
from reportgen.records.estimate import Estimate, ExcludedParticipants, NotAdjusted, TwoStageHeterogeneity
from reportgen.records.events import ArmEvents, EventTable
from reportgen.records.flow import ParticipantFlow
from reportgen.records.moderation import Moderation
from reportgen.records.numbers import Inline, Number, Status, V, read_back
from reportgen.records.partition import RecursivePartitioning
from reportgen.records.peeling import DirectedPeeling
from reportgen.records.record import Record
from reportgen.records.sites import Sites
from reportgen.records.subsets import SubgroupDifferences


@dataclass(frozen=True, slots=True)
class StudyRecord(Generic[V]):
    """What stands on the title page and in the running heads."""

    name: str
    title: kinds.Words[V]
    subtitle: kinds.Words[V]
    authors: tuple[kinds.Words[V], ...]
    protocol: kinds.Words[V]
    version: kinds.Words[V]
    summary: kinds.Words[V]
    source: kinds.Words[V]
    simulated: bool
    profile: str
    fingerprint: kinds.Words[V]
    trials: kinds.Count[V]
    participants: kinds.Count[V]
    level: kinds.Setting[V]
    date: kinds.Words[V] | None = None
    keywords: tuple[kinds.Words[V], ...] = ()


@dataclass(frozen=True, slots=True)
class ArmRow(Generic[V]):
    """An arm of a trial: its class, its name and its participants."""

    arm_class: kinds.Words[V]
    name: kinds.Words[V]
    n: kinds.Count[V]


@dataclass(frozen=True, slots=True)
class TrialRow(Generic[V]):
    """A trial: its arms, the people in its file, those who stay and those whom its publication counts, and what it is like itself.

    `characteristics` are its values of the covariates of trials, in the order of `IncludedTrials`; without words where not known.
    """

    trial: kinds.Words[V]
    country: kinds.Words[V]
    n: kinds.Count[V]
    in_file: kinds.Count[V]
    published: kinds.Count[V] | None
    published_source: kinds.Words[V] | None
    arms: tuple[ArmRow[V], ...]
    characteristics: tuple[kinds.Words[V], ...] = ()


@dataclass(frozen=True, slots=True)
class IncludedTrials(Generic[V]):
    """Trials by number of participants, the largest first; `characteristics` names the covariates of trials."""

    trials: tuple[TrialRow[V], ...]
    number: kinds.Count[V]
    n: kinds.Count[V]
    in_file: kinds.Count[V]
    characteristics: tuple[kinds.Words[V], ...] = ()


@dataclass(frozen=True, slots=True)
class Summary(Generic[V]):
    """A characteristic on one side: trials that collected it, participants with a value, mean (SD) or nothing."""

    trials: kinds.Count[V]
    n: kinds.Count[V]
    mean: kinds.Mean[V] | None = None
    sd: kinds.Mean[V] | None = None


@dataclass(frozen=True, slots=True)
class Share(Generic[V]):
    """A level on one side: count and per cent of those with a value."""

    n: kinds.Count[V]
    percent: kinds.Percent[V]


@dataclass(frozen=True, slots=True)
class Level(Generic[V]):
    """A level of a characteristic: control, intervention, all."""

    label: kinds.Words[V]
    shares: tuple[Share[V], ...]


@dataclass(frozen=True, slots=True)
class Characteristic(Generic[V]):
    """A row (quantity) or a group of rows (levels) of a table of baseline characteristics."""

    label: kinds.Words[V]
    unit: kinds.Words[V]
    sides: tuple[Summary[V], ...]
    levels: tuple[Level[V], ...]
    difference: kinds.Heterogeneity[V] | None


@dataclass(frozen=True, slots=True)
class Side(Generic[V]):
    """A column of a descriptive table."""

    label: str
    trials: kinds.Count[V]
    n: kinds.Count[V]


@dataclass(frozen=True, slots=True)
class Descriptive(Generic[V]):
    """Baseline characteristics: control, intervention, all."""

    name: str
    comparison: kinds.Words[V]
    sides: tuple[Side[V], ...]
    characteristics: tuple[Characteristic[V], ...]
    minimum_cell: kinds.Setting[V]
    suppressed: bool
    one_sided: tuple[kinds.Words[V], ...]


@dataclass(frozen=True, slots=True)
class AvailabilityCell(Generic[V]):
    """Trial x measure x visit: participants with a value, or never collected (`n` is None)."""

    trial: str
    measure: str
    visit: str
    n: kinds.Count[V] | None
    share: float


@dataclass(frozen=True, slots=True)
class Availability(Generic[V]):
    """Who collected what, when, and from how many. Measures and visits: the key that cells name, and its label."""

    trials: tuple[kinds.Words[V], ...]
    people: tuple[kinds.Count[V], ...]
    measures: tuple[tuple[str, kinds.Words[V]], ...]
    visits: tuple[tuple[str, kinds.Words[V]], ...]
    cells: tuple[AvailabilityCell[V], ...]


@dataclass(frozen=True, slots=True)
class MeasureCell(Generic[V]):
    """The instrument that one trial brings to one outcome, and the visits at which it was measured."""

    trial: str
    outcome: str
    instruments: tuple[kinds.Words[V], ...]


@dataclass(frozen=True, slots=True)
class OutcomeMeasures(Generic[V]):
    """Outcome measures by trial."""

    trials: tuple[kinds.Words[V], ...]
    outcomes: tuple[kinds.Words[V], ...]
    cells: tuple[MeasureCell[V], ...]


@dataclass(frozen=True, slots=True)
class Scaled(Generic[V]):
    """The same effect on a scale of 0 to 100, and the factor that leads there and back."""

    effect: kinds.Scaled[V]
    low: kinds.Scaled[V]
    high: kinds.Scaled[V]
    predicted_low: kinds.Scaled[V]
    predicted_high: kinds.Scaled[V]
    factor: kinds.Statistic[V]


@dataclass(frozen=True, slots=True)
class ScaledChecks(Generic[V]):
    """What stands beside an effect on a scale of 0 to 100, on the same scale; variances are those of effects on it."""

    tau2: kinds.Heterogeneity[V]
    common: kinds.Scaled[V]
    common_low: kinds.Scaled[V]
    common_high: kinds.Scaled[V]
    two_stage: kinds.Scaled[V]
    two_stage_low: kinds.Scaled[V]
    two_stage_high: kinds.Scaled[V]
    two_stage_tau2: kinds.Heterogeneity[V]
    two_stage_tau2_low: kinds.Heterogeneity[V]
    two_stage_tau2_high: kinds.Heterogeneity[V]
    tau2_low: kinds.Heterogeneity[V] | None = None
    tau2_high: kinds.Heterogeneity[V] | None = None


@dataclass(frozen=True, slots=True)
class ArmMeans(Generic[V]):
    """Mean and standard deviation in either arm of a trial, not adjusted, and `of` what: values are in the outcome's direction."""

    of: Literal["improvement", "value at follow-up"]
    control: kinds.Mean[V]
    control_sd: kinds.Mean[V]
    intervention: kinds.Mean[V]
    intervention_sd: kinds.Mean[V]


REGRESSIONS = {"continuous": "analysis of covariance", "binary": "logistic regression", "count": "Poisson regression"}
"""By what the effect of one trial by itself is estimated, by the kind of its outcome."""
STANDARDISED = "logistic regression standardised over participants"
"""By what a risk ratio or a risk difference of one trial is."""
ONE_TRIAL_OF_SITES = "linear mixed model with a random intercept of the site"
"""By what that of a trial alone is whose sites are known."""


@dataclass(frozen=True, slots=True)
class AbsoluteEffect(Generic[V]):
    """What a pooled ratio means for a thousand people: risk (or rate) in the control group, and the difference from it.

    `needed` is how many people need the intervention for one event more or less, with the numbers at the ends of the difference;
    `benefits` says of each whether that is to their benefit. Where `through_infinity`, the interval goes from the first end through
    infinity to the second. None of counts.
    """

    control: kinds.Statistic[V]
    control_low: kinds.Statistic[V]
    control_high: kinds.Statistic[V]
    difference: kinds.Statistic[V]
    low: kinds.Statistic[V]
    high: kinds.Statistic[V]
    needed: kinds.Statistic[V] | None
    needed_low: kinds.Statistic[V] | None
    needed_high: kinds.Statistic[V] | None
    benefits: tuple[bool, bool, bool]
    through_infinity: bool


@dataclass(frozen=True, slots=True)
class TrialEstimate(Generic[V]):
    """One trial of a pooled effect; no `means` or `events` where they are not disclosed, or the outcome has none."""

    trial: kinds.Words[V]
    instrument: kinds.Words[V]
    n_control: kinds.Count[V]
    n_intervention: kinds.Count[V]
    estimate: Estimate[V]
    weight: kinds.Percent[V]
    status: Status
    reason: str
    not_adjusted: tuple[NotAdjusted[V], ...] = ()
    means: ArmMeans[V] | None = None
    events: ArmEvents[V] | None = None


@dataclass(frozen=True, slots=True)
class Heterogeneity(Generic[V]):
    """Between-trial variation of a pooled effect.

    `tau2_low` and `tau2_high` are the ends of the profile interval of the one-step model, None where none is asked for.
    """

    tau2: kinds.Heterogeneity[V]
    tau: kinds.Heterogeneity[V]
    i2: kinds.Percent[V]
    i2_low: kinds.Percent[V]
    i2_high: kinds.Percent[V]
    predicted_low: kinds.Effect[V]
    predicted_high: kinds.Effect[V]
    tau2_low: kinds.Heterogeneity[V] | None = None
    tau2_high: kinds.Heterogeneity[V] | None = None


def _shown(number: Number) -> float:
    """Return the value that a reader takes from a printed effect."""
    return read_back(number.text.replace("∞", "inf"))


@dataclass(frozen=True, slots=True)
class PooledEffect(Generic[V]):
    """One outcome at one follow-up in one comparison.

    Attributes
    ----------
    scale : EffectScale
        Of all its effects, those of single trials included.
    estimate : Estimate
        Of the `model`; of one trial alone its own effect, by the regression of `REGRESSIONS`.
    heterogeneity : Heterogeneity
        τ² and the prediction interval of the `model`; I² of the two-stage one, as are the weights of `by_trial`.
    outside_reasons : tuple of str, or None
        Why a pooled estimate may lie outside the range of its trials' own effects; None where the two are not compared.
    events, absolute : ArmEvents, AbsoluteEffect, or None
        Of binary outcomes and counts.
    dispersion : Number, or None
        Pearson's, of the one-step model of a count.
    kind : {'continuous', 'binary', 'count'}
        Of the outcome.
    model : {'one-step', 'two-stage'}
        Which one `estimate` and `heterogeneity` are of, where several trials are pooled. A measure without a one-step model has no
        check by a two-stage one: its `two_stage` is empty, and `two_stage_heterogeneity` belongs to the effect itself.
    sites : Sites or None
        With their variance in the `model` where it has them; None where no trial has people of two sites.
    """

    id: str
    outcome: str
    outcome_label: kinds.Words[V]
    domain: kinds.Words[V]
    unit: kinds.Words[V]
    scale: EffectScale
    follow_up: str
    follow_up_label: kinds.Words[V]
    comparison: str
    trials: kinds.Count[V]
    n: kinds.Count[V]
    n_control: kinds.Count[V]
    n_intervention: kinds.Count[V]
    in_comparison: kinds.Count[V]
    estimate: Estimate[V]
    scaled: Scaled[V] | None
    scaled_checks: ScaledChecks[V] | None
    heterogeneity: Heterogeneity[V]
    common: Estimate[V]
    two_stage: Estimate[V]
    two_stage_heterogeneity: TwoStageHeterogeneity[V]
    outside_reasons: tuple[str, ...] | None
    by_trial: tuple[TrialEstimate[V], ...]
    excluded: tuple[ExcludedParticipants[V], ...]
    status: Status
    reason: str
    evaluations: kinds.Count[V]
    criterion: kinds.Statistic[V]
    df_unfloored: kinds.Df[V]
    not_adjusted: tuple[NotAdjusted[V], ...] = ()
    kind: Literal["continuous", "binary", "count"] = "continuous"
    model: Literal["one-step", "two-stage"] = "one-step"
    events: ArmEvents[V] | None = None
    absolute: AbsoluteEffect[V] | None = None
    dispersion: kinds.Statistic[V] | None = None
    sites: Sites[V] | None = None

    @property
    def empty(self) -> bool:
        """Whether nobody could enter: there is nothing to print but who was left out, and why."""
        return self.n.value == 0

    @property
    def entered(self) -> PooledEffect[V]:
        """What counts those who entered."""
        return self

    @property
    def statuses(self) -> tuple[Status, ...]:
        """How the fit of the effect ended."""
        return (self.status,)

    @property
    def regression(self) -> str:
        """By what the effect of one trial by itself is estimated."""
        if self.alone and self.sites is not None and self.kind == "continuous":
            return ONE_TRIAL_OF_SITES
        return STANDARDISED if self.model == "two-stage" else REGRESSIONS[self.kind]

    @property
    def alone(self) -> bool:
        """Whether the effect is one trial's own, so that nothing is pooled."""
        return self.trials.value == 1 and self.estimate.effect.value is not None

    @property
    def outside(self: PooledEffect[Number]) -> str:
        """That, and why, a pooled estimate lies outside the range of its trials' own effects, as printed; or nothing."""
        own = [_shown(row.estimate.effect) for row in self.by_trial if row.estimate.effect.value is not None]
        if self.outside_reasons is None or not own:
            return ""
        models = {"one-step": self.estimate.effect, "common-effect": self.common.effect}
        beyond = [
            name
            for name, model in models.items()
            if model.value is not None and not min(own) <= _shown(model) <= max(own)
        ]
        if not beyond:
            return ""
        which = " and the ".join(beyond)
        message = (
            f"The estimate of the {which} model lies" if len(beyond) == 1 else f"The estimates of the {which} model lie"
        )
        reason = "; ".join(self.outside_reasons) or "it is not a weighted mean of them"
        return f"{message} outside the range of the trials' own effects: {reason}."

    @property
    def one_step_only(self) -> tuple[TrialEstimate[V], ...]:
        """Trials of the one-step model that the two-stage one leaves out, for want of an effect of their own."""
        if self.two_stage.effect.value is None:
            return ()
        return tuple(row for row in self.by_trial if row.status == "not estimable")


@dataclass(frozen=True, slots=True)
class ModelSettings(Generic[V]):
    """What was fitted, in the words of the study file."""

    adjust_for: tuple[kinds.Words[V], ...]
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
    level: kinds.Setting[V]
    minimum_trials: kinds.Setting[V]
    dispersion: str = "poisson"
    tau_interval: str = "none"


@dataclass(frozen=True, slots=True)
class MetaAnalysis(Record[ModelSettings[V], PooledEffect[V], V]):
    """A named meta-analysis: every outcome x follow-up x comparison."""

    @property
    def alone(self) -> bool:
        """Whether each effect is one trial's own, so that no model of several trials was fitted."""
        estimated = [effect for effect in self.results if effect.estimate.effect.value is not None]
        return bool(estimated) and all(effect.alone for effect in estimated)


@dataclass(frozen=True, slots=True)
class LedgerRow(Generic[V]):
    """A recode, or people left out on loading, of which `excludes` is true."""

    trial: kinds.Words[V]
    kind: str
    excludes: bool
    variable: kinds.Words[V]
    rule: kinds.Words[V]
    count: kinds.Count[V]
    place: kinds.Words[V]


@dataclass(frozen=True, slots=True)
class Ledger(Generic[V]):
    """Everything that was done to the raw data."""

    rows: tuple[LedgerRow[V], ...]


@dataclass(frozen=True, slots=True)
class GlossaryRow(Generic[V]):
    """A scale: what it is, its range and direction."""

    name: kinds.Words[V]
    title: kinds.Words[V]
    range: kinds.Words[V]
    better: str
    unit: kinds.Words[V]
    limits: tuple[kinds.Setting[V], ...] = ()


@dataclass(frozen=True, slots=True)
class Glossary(Generic[V]):
    """Scales of the study."""

    rows: tuple[GlossaryRow[V], ...]


@dataclass(frozen=True, slots=True)
class FileRow(Generic[V]):
    """A data file as it was read."""

    name: kinds.Words[V]
    fingerprint: kinds.Words[V]
    size: kinds.Count[V]
    rows: kinds.Count[V]


@dataclass(frozen=True, slots=True)
class Provenance(Generic[V]):
    """What the numbers were made from and with."""

    files: tuple[FileRow[V], ...]
    fingerprint: kinds.Words[V]
    seed: kinds.Setting[V]
    versions: tuple[tuple[str, kinds.Words[V]], ...]


@dataclass(frozen=True, slots=True)
class Failure(Generic[V]):
    """An analysis that failed: its place in the report says why."""

    name: str
    reason: kinds.Words[V]


@dataclass(frozen=True, slots=True)
class ReconciliationRow(Generic[V]):
    """What a trial's publication says of one thing, and what its file gives.

    `covered` where there is an interval; `adjusted`, of an effect alone, whether ours is adjusted for the baseline value.
    """

    what: kinds.Words[V]
    published: Inline[V]
    ours: Inline[V]
    difference: kinds.Published[V]
    covered: Literal["yes", "no", ""]
    source: kinds.Words[V]
    adjusted: bool | None = None


@dataclass(frozen=True, slots=True)
class ReconciledTrial(Generic[V]):
    """One trial of a reconciliation."""

    trial: kinds.Words[V]
    rows: tuple[ReconciliationRow[V], ...]


@dataclass(frozen=True, slots=True)
class Reconciliation(Generic[V]):
    """Trials whose mappings say what was published of them."""

    trials: tuple[ReconciledTrial[V], ...]
    level: kinds.Setting[V]


FidelityStatus = Literal["as printed", "differs", "no result", "not reproduced"]


@dataclass(frozen=True, slots=True)
class FidelityRow(Generic[V]):
    """A number of the publication beside ours: the very same `Number` that the report prints in its own place.

    `default` is ours with the inference of the study, where `ours` follows the inference of the publication.
    """

    name: kinds.Words[V]
    printed: kinds.Published[V]
    ours: kinds.Published[V] | None
    default: kinds.Published[V] | None
    difference: kinds.Published[V] | None
    covered: Literal["yes", "no", ""]
    status: FidelityStatus
    why: kinds.Words[V] | None


@dataclass(frozen=True, slots=True)
class FidelitySection(Generic[V]):
    """The numbers of one printed table, or of one paragraph; how many of them came out as printed."""

    title: kinds.Words[V]
    rows: tuple[FidelityRow[V], ...]
    as_printed: kinds.Count[V]
    size: kinds.Count[V]


@dataclass(frozen=True, slots=True)
class Fidelity(Generic[V]):
    """The publication that a study regenerates, number by number, and where it contradicts itself."""

    source: kinds.Words[V]
    sections: tuple[FidelitySection[V], ...]
    contradictions: tuple[kinds.Words[V], ...]
    size: kinds.Count[V]
    counts: dict[FidelityStatus, kinds.Count[V]]
    covered: kinds.Count[V]
    with_interval: kinds.Count[V]


AnalysisRecord = (
    Descriptive[V]
    | EventTable[V]
    | MetaAnalysis[V]
    | Moderation[V]
    | RecursivePartitioning[V]
    | DirectedPeeling[V]
    | Agreement[V]
    | SubgroupDifferences[V]
    | Failure[V]
)


@dataclass(frozen=True, slots=True)
class Records(Generic[V]):
    """All that a report may say."""

    study: StudyRecord[V]
    included: IncludedTrials[V]
    availability: Availability[V]
    measures: OutcomeMeasures[V]
    analyses: dict[str, AnalysisRecord[V]]
    ledger: Ledger[V]
    glossary: Glossary[V]
    provenance: Provenance[V]
    reconciliation: Reconciliation[V] | None = None
    fidelity: Fidelity[V] | None = None
    egress: Egress[V] | None = None
    flow: ParticipantFlow[V] | None = None
