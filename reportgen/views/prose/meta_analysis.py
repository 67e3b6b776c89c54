"""The methods of a meta-analysis in prose: outcomes and windows first, then a section for each analysis."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from reportgen.records.derived import Derived
from reportgen.records.effect_scale import MEAN_DIFFERENCE, SMD, EffectScale
from reportgen.records.estimate import ComparisonRecord
from reportgen.records.model import REGRESSIONS, MetaAnalysis, ModelSettings, PooledEffect
from reportgen.records.numbers import Inline, Number
from reportgen.records.sites import Sites
from reportgen.spec.outcomes import Outcome
from reportgen.spec.study import Study, Window
from reportgen.tables.adjusters import Fits, effect_fits, fits_of, is_own_baseline
from reportgen.tables.phrases import enumerated, joined
from reportgen.views.prose.events import POOLING, TEST, event_models, standardised_models
from reportgen.views.prose.models import (
    INFERENCE,
    adjusted_for,
    adjusters_lost,
    on_log_scale,
    planned_only,
    random_sites,
    without_sites,
)
from reportgen.views.prose.section import Section, sections_of_each

INTERCEPT = {
    "stratified": "an intercept for each trial",
    "random": "random intercepts of the trials around a common one",
}
TREATMENT = {
    "random": "a treatment effect that varies at random between trials",
    "common": "one treatment effect common to all trials",
}
COVARIANCE = {
    "independent": "Random intercepts and treatment effects were assumed to be independent.",
    "unstructured": "Random intercepts and treatment effects were allowed to be correlated.",
}
SLOPES = {"common": "with slopes common to all trials", "stratified": "with trial-specific slopes"}
RESIDUAL = {
    "common": "The residual variance was common to all trials.",
    "by-trial": "Each trial had its own residual variance.",
}
ESTIMATION = {"reml": "restricted maximum likelihood (REML)", "ml": "maximum likelihood"}
DF_FLOOR = {
    "trials-1": "; degrees of freedom are never allowed below the number of trials minus one",
    "none": "",
}
TRIALS_WITHOUT_SITES = " The effects estimated in each trial do not take account of its sites."
TIE = {"earlier": "the earlier one", "later": "the later one"}


def prose(records: Sequence[MetaAnalysis], study: Study) -> Iterator[Section]:
    """Yield the sections on outcomes and on each meta-analysis.

    Parameters
    ----------
    records : sequence of MetaAnalysis
        One at least.
    study : Study
    """
    yield Section(("Outcomes and follow-up",), tuple(_outcomes(study, records)))
    yield from sections_of_each("Meta-analysis", "meta-analysis", _paragraphs, records, study)


def _outcomes(study: Study, fitted: Sequence[MetaAnalysis]) -> Iterator[Inline]:
    yield from _measures(fitted)
    yield from _events(study, fitted)
    yield from _what(study, fitted)
    yield from _standardised_by(study, fitted)
    several = [outcome for outcome in study.outcomes.values() if len(outcome.first_available) > 1]
    if several:
        yield (
            "Where trials used different instruments for an outcome, each trial contributes the first listed one that it measured "
            f"{_when(several, fitted, study)}, {_brought_together(several)}.",
        )
    used = tuple(dict.fromkeys(effect.follow_up for record in fitted for effect in record.results))
    labels = {e.follow_up: e.follow_up_label for record in fitted for e in record.results}
    windows = [
        _window(labels[name], study.follow_up[name], Derived("methods", "follow_up").at("follow-up", name))
        for name in used
    ]
    if windows:
        yield ("Follow-up, in months since randomisation: ", *joined(windows), ". ", *_nearest(study, used))


def _what(study: Study, fitted: Sequence[MetaAnalysis]) -> Iterator[Inline]:
    """Yield what is analysed of every outcome with a mean; where some are changes and some are not, which are which."""
    effects = [effect for record in fitted for effect in record.results]
    labels = {effect.outcome: effect.outcome_label for effect in effects if effect.scale in (MEAN_DIFFERENCE, SMD)}
    if labels or not effects:
        every = "Every outcome" if len(labels) == len({effect.outcome for effect in effects}) else "Every other outcome"
        yield _of_means(study, labels, every)


def _measures(fitted: Sequence[MetaAnalysis]) -> Iterator[Inline]:
    """Yield what the effects on outcomes without a mean are, and which of them favour the intervention."""
    labels: dict[EffectScale, dict[str, Number]] = {}
    for effect in (effect for record in fitted for effect in record.results if effect.scale != MEAN_DIFFERENCE):
        labels.setdefault(effect.scale, {})[effect.outcome] = effect.outcome_label
    for scale, found in labels.items():
        named = enumerated([(label,) for label in found.values()])
        yield ("The effect on ", *named, f" is given as the {scale.measure}. {scale.direction}.")


def _brought_together(several: Sequence[Outcome]) -> str:
    """Return how values of several instruments are made those of one outcome."""
    rescaled = "rescaled linearly to the range of the outcome and aligned with its direction"
    aligned = "aligned with the direction of the outcome and standardised"
    without = {outcome.without_unit for outcome in several}
    if len(without) > 1:
        return f"{rescaled}, or, where the outcome has no range, {aligned}"
    return aligned if True in without else rescaled


def _standardised_by(study: Study, fitted: Sequence[MetaAnalysis]) -> Iterator[Inline]:
    """Yield by what standardised mean differences are divided; nothing where there are none."""
    found = [effect for record in fitted for effect in record.results if effect.scale == SMD]
    if not found:
        return
    at = "at baseline"
    if any(study.outcomes[effect.outcome].final for effect in found):
        at = "at baseline where the change is analysed or the model adjusts for the baseline, and else at follow-up"
    yield (
        f"{SMD.title}s ({SMD.effects}): outcome and baseline of each trial were divided by the standard deviation of its "
        f"participants in the analysis, pooled within the sides of the comparison, {at}, and multiplied by Hedges’s factor for small "
        "samples. This was done once, before any model or search; moderators kept their own units. The standard deviations are taken "
        "as known: standard errors and intervals do not allow for their being estimated.",
    )


def _events(study: Study, fitted: Sequence[MetaAnalysis]) -> Iterator[Inline]:
    """Yield which levels of an instrument are the event of an outcome, where it is not simply "yes"."""
    labels = {effect.outcome: effect.outcome_label for record in fitted for effect in record.results}
    derived = Derived("methods", "outcomes").at("event")
    for name, label in labels.items():
        events = study.outcomes[name].event
        if events and events != ("yes",):
            quoted = [("“", derived.at(name).quote(str(i), event), "”") for i, event in enumerate(events, 1)]
            yield ("The event of ", label, " is ", *joined([*quoted], " or "), ".")


def _of_means(study: Study, labels: Mapping[str, Number], every: str) -> Inline:
    changes, finals = (
        [(label,) for name, label in labels.items() if study.outcomes[name].final is final] for final in (False, True)
    )
    turned, favouring = "signed by the direction of its scale so that", MEAN_DIFFERENCE.favouring
    if not finals:
        return (
            f"{every} is the change from baseline to follow-up, {turned} positive values are improvements and {favouring}.",
        )
    if not changes:
        return (f"{every} is the value at follow-up, {turned} higher values are better and {favouring}.",)
    return (
        "The change from baseline to follow-up is analysed for ",
        *enumerated(changes),
        "; the value alone for ",
        *enumerated(finals),
        f". Each is {turned} {favouring}.",
    )


def _when(several: Sequence[Outcome], fitted: Sequence[MetaAnalysis], study: Study) -> str:
    """Return when an instrument must have been measured to be the one that a trial brings."""
    if not any(outcome.final for outcome in several):
        return "at baseline and at follow-up"
    if all(outcome.final for outcome in several) and not any(_adjusted_finals(record, study) for record in fitted):
        return "at follow-up"
    return "at follow-up, and at baseline where the change is analysed or the baseline adjusts"


def _adjusted_finals(record: MetaAnalysis, study: Study) -> bool:
    """Whether the model of any outcome at follow-up is adjusted for its baseline."""
    finals = [effect for effect in record.results if study.outcomes[effect.outcome].final]
    asked = any(is_own_baseline(item) for item in record.settings.adjust_for)
    return asked and any(not any(is_own_baseline(item.adjuster) for item in effect.not_adjusted) for effect in finals)


def _nearest(study: Study, used: tuple[str, ...]) -> Inline:
    ties = {study.follow_up[name].tie for name in used}
    rule = (
        f"if two were equally close, {TIE[ties.pop()]}"
        if len(ties) == 1
        else "ties were resolved as stated for each window"
    )
    return (f"Where a window contained several visits, the one closest to the target month was used; {rule}.",)


def _window(label: Number, window: Window, derived: Derived) -> Inline:
    low, high = window.months
    aimed: Inline = (", target ", _months(derived, "aim", window.centre))
    return (label, ", ", _months(derived, "from", low), " to ", _months(derived, "to", high), *aimed)


def _months(derived: Derived, name: str, value: float) -> Number:
    """Return a month with as many decimals as it needs, two at most."""
    decimals = next((d for d in range(2) if round(value, d) == value), 2)
    return derived.figure(name, value, decimals, "months")


def _paragraphs(record: MetaAnalysis) -> Iterator[Inline]:
    yield from map(_comparison, record.comparisons)
    yield from _alone(record) if record.alone else _fitted(record)


def _fitted(record: MetaAnalysis) -> Iterator[Inline]:
    settings, fits = record.settings, fits_of(record, effect_fits)
    if not fits:
        yield planned_only("No effect could be estimated")
    kinds = _one_step_kinds(record) if record.results else {"continuous"}
    if "continuous" in kinds:
        sites = random_sites(_sites("continuous", record), stratified=settings.intercept == "stratified")
        yield _model(settings, _fits_of_kind("continuous", record), sites)
        yield _uncertainty(settings)
    for kind in sorted(kinds - {"continuous"}):
        yield from event_models(kind, settings, _fits_of_kind(kind, record), alone=False)
    yield from without_sites(_of_events(record), "Models of events do")
    yield from _standardised(record, alone=False)
    yield from adjusters_lost(record.name, settings.adjust_for, fits, [effect.excluded for effect in record.results])
    yield from on_log_scale(effect.scale for effect in record.results)
    yield _participants(settings, _one_regression(record))
    if kinds:
        yield _checks(
            settings,
            _sites("continuous", record),
            all_one_step=all(effect.model == "one-step" for effect in record.results),
        )


def _one_step_kinds(record: MetaAnalysis) -> set[str]:
    """Return the kinds of the outcomes whose effects are those of one-step models."""
    return {effect.kind for effect in record.results if effect.model == "one-step"}


def _sites(kind: str, record: MetaAnalysis) -> list[Sites | None]:
    """Return the sites within trials of the outcomes of one kind."""
    return [effect.sites for effect in record.results if effect.kind == kind]


def _of_events(record: MetaAnalysis) -> list[Sites | None]:
    return [effect.sites for effect in record.results if effect.kind != "continuous"]


def _standardised(record: MetaAnalysis, *, alone: bool) -> Iterator[Inline]:
    """Yield the paragraphs on effects that no one-step model has; nothing where there are none."""
    scales = tuple(dict.fromkeys(effect.scale for effect in record.results if effect.model == "two-stage"))
    by_measure = tuple({scale.measure: scale for scale in scales}.values())
    if by_measure:
        fits = _fits_of(lambda effect: effect.model == "two-stage", record)
        yield from standardised_models(by_measure, record.settings, fits, alone=alone)


def _fits_of_kind(kind: str, record: MetaAnalysis) -> Fits:
    """Return the fits of one-step models of the outcomes of one kind."""
    return _fits_of(lambda effect: effect.kind == kind and effect.model == "one-step", record)


def _fits_of(belongs: Callable[[PooledEffect], bool], record: MetaAnalysis) -> Fits:
    """Return the fits of some effects."""

    def each(effect: PooledEffect, title: Inline) -> Fits:
        return effect_fits(effect, title) if belongs(effect) else []

    return fits_of(record, each)


def _alone(record: MetaAnalysis) -> Iterator[Inline]:
    settings, fits = record.settings, fits_of(record, effect_fits)
    kinds = _one_step_kinds(record)
    several = len(kinds) > 1 or any(effect.model == "two-stage" for effect in record.results)
    yield ("No outcome was measured in more than one trial at any follow-up of a comparison.",)
    if "continuous" in kinds:
        yield (
            f"Each effect{' on the other outcomes' if several else ''} is that of its trial, by {_one_regression(record)}",
            *adjusted_for(settings.adjust_for, _fits_of_kind("continuous", record)),
            ": there is no pooling and no estimate of variation between trials. Confidence intervals use the t distribution with the residual degrees of freedom and have a level of ",
            settings.level,
            "%.",
        )
    for kind in sorted(kinds - {"continuous"}):
        yield from event_models(kind, settings, _fits_of_kind(kind, record), alone=True)
    yield from without_sites(_of_events(record), "Models of events do")
    yield from _standardised(record, alone=True)
    yield from on_log_scale(effect.scale for effect in record.results)
    yield from adjusters_lost(record.name, settings.adjust_for, fits, [effect.excluded for effect in record.results])
    yield _participants(settings, _one_regression(record))


def _one_regression(record: MetaAnalysis) -> str:
    """Return by what the effects of continuous outcomes of trials alone are estimated."""
    found = [effect.regression for effect in record.results if effect.kind == "continuous" and effect.alone]
    return " or ".join(dict.fromkeys(found)) or REGRESSIONS["continuous"]


def _comparison(comparison: ComparisonRecord) -> Inline:
    def listed(classes: tuple[Number, ...]) -> Inline:
        return enumerated([(arm_class,) for arm_class in classes]) or ("no arm",)

    return (
        "In the comparison ",
        comparison.title,
        ", the intervention side comprises arms of class ",
        *listed(comparison.intervention),
        "; the control side, ",
        *listed(comparison.control),
        ".",
    )


def _model(settings: ModelSettings, fits: Fits, sites: str) -> Inline:
    adjusted = adjusted_for(settings.adjust_for, fits)
    slopes = f", {SLOPES[settings.adjuster_slopes]}" if adjusted else ""
    both_random = settings.intercept == "random" and settings.treatment_effect == "random"
    covariance = f" {COVARIANCE[settings.covariance]}" if both_random else ""
    return (
        "For each outcome and follow-up of a comparison, one linear mixed model was fitted to the participants of all "
        f"trials at once (one-step meta-analysis), with {INTERCEPT[settings.intercept]} and "
        f"{TREATMENT[settings.treatment_effect]}",
        *adjusted,
        f"{slopes}.{covariance}{sites} {RESIDUAL[settings.residual]} The model was estimated by {ESTIMATION[settings.estimation]}.",
    )


def _uncertainty(settings: ModelSettings) -> Inline:
    heterogeneity = (
        "Between-trial variation of the effect is expressed as its variance τ²; the prediction interval is the range in which the effect in a new trial is expected to lie."
        if settings.treatment_effect == "random"
        else "This model does not include variation between trials."
    )
    if settings.tau_interval == "profile":
        heterogeneity += " The interval of τ² is by profile likelihood."
    floored = settings.inference != "normal" and settings.treatment_effect == "random"
    floor = DF_FLOOR[settings.df_floor] if floored else ""
    return (
        f"{INFERENCE[settings.inference]}{floor}. Confidence intervals have a level of ",
        settings.level,
        f"%. {heterogeneity}",
    )


def _participants(settings: ModelSettings, regression: str) -> Inline:
    least = settings.minimum_trials
    needed: Inline = ()
    if (least.value or 0) > 1:
        needed = (" A pooled effect requires at least ", least, " trials; with fewer it is not estimable.")
    else:
        needed = (
            f" Where only one trial measured an outcome at a follow-up, its own effect is given, by {regression} in that trial with the same adjusters: there is no pooling and no estimate of variation between trials.",
        )
    return (
        "Participants with complete data on the outcome and adjusters were analysed (complete cases), in trials with participants on both sides of the comparison; all others are counted by reason for exclusion.",
        *needed,
    )


def _checks(settings: ModelSettings, sites: Sequence[Sites | None], *, all_one_step: bool) -> Inline:
    effect = "pooled effect" if all_one_step else "pooled effect of a one-step model"
    common = (
        f"Two checks accompany each {effect}: the same model with a common treatment effect, and"
        if settings.treatment_effect == "random"
        else f"One check accompanies each {effect} (the common-effect column repeats the model):"
    )
    return (
        f"{common} a two-stage meta-analysis of the effects estimated in each trial, pooled by "
        f"{POOLING[settings.two_stage_method]} with {TEST[settings.two_stage_test]}. Trial weights are those of the two-stage model, as are Cochran's Q with its p value, I², and the confidence interval of its τ², obtained by the Q-profile method and converted to that of I². A trial whose own effect cannot be estimated, for lack of residual variance or of participants, enters the one-step model but not the two-stage model.{TRIALS_WITHOUT_SITES if any(sites) else ''}",
    )
