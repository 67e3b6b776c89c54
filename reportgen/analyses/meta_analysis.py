"""One-step meta-analysis of every outcome x follow-up x comparison, with the two-stage check beside it.

In: the node of the study file and the people of each cell. Out: a `MetaAnalysis` record. All fits go through
`reportgen.stats`; this module selects who enters, and turns fits into numbers with ids.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reportgen.analyses.adjusters import not_adjusted_record, unused_adjusters, with_adjusters
from reportgen.analyses.arm_events import has_few_events, suppressed_for_events, with_absolute, with_events
from reportgen.analyses.arm_means import with_arm_means
from reportgen.analyses.measurements import range_of
from reportgen.analyses.naming import adjuster_label, adjuster_labels, level_number, pooled_scale_of, pooled_unit_of
from reportgen.analyses.pooled_fits import Fits, TwoStageFit, fit, one_step_of, poolable, predicted
from reportgen.analyses.recording import NAN, comparison_records, excluded_record, for_pooled
from reportgen.analyses.selection import Selection, not_estimable
from reportgen.analyses.sites_record import site_variance, sites_record
from reportgen.analyses.suppressed_trials import (
    disclosed_effect,
    disclosed_in_digits,
    few_apart,
    guarded_trials,
    without_guarded,
)
from reportgen.analyses.two_stage_record import (
    ONE_TRIAL,
    THE_EFFECT,
    not_pooled,
    outside_reasons,
    two_stage_estimate,
    two_stage_heterogeneity,
)
from reportgen.records.estimate import Estimate, NotAdjusted, TwoStageHeterogeneity
from reportgen.records.model import (
    Heterogeneity,
    MetaAnalysis,
    ModelSettings,
    PooledEffect,
    Scaled,
    ScaledChecks,
    TrialEstimate,
)
from reportgen.records.names import outcome_label
from reportgen.records.numbers import Status, Value, slug
from reportgen.records.printed import Figures
from reportgen.records.sites import Sites
from reportgen.release.estimates import estimate_record, multiplied, scalar
from reportgen.release.rules import FOR_ANOTHER, TOO_CLOSE, TOO_FEW, SuppressionReason, few_in_an_arm, guards
from reportgen.release.suppressed_effects import printed_digits, suppressed_rows, without_checks
from reportgen.release.values import Values
from reportgen.spec.analyses import MetaAnalysis as Node
from reportgen.spec.study import Study
from reportgen.stats import Effect, OneStepFit

FULL_SCALE = 100.0
SOLVED = "an analysis of covariance has a closed solution, without a search"
ONE_REGRESSION = "one trial: a regression of its own"
POOLED = "pooled in two stages, without a model of all participants"
NO_LIKELIHOOD = "a model with quasi-Poisson standard errors has no likelihood"
NO_END = "the data contradict no variance, however large"


def meta_analysis_record(
    name: str, node: Node, study: Study, present: Collection[str], effects: Sequence[PooledEffect[Value]]
) -> MetaAnalysis[Value]:
    """Return a named meta-analysis of the effects that were estimated.

    Parameters
    ----------
    name : str
        As in the study file; ids start with it.
    node : MetaAnalysis node of the study file
    study : Study
    present : collection of str
        The classes of arms that any trial has.
    effects : sequence of PooledEffect
        One for every outcome x follow-up x comparison, those that cannot be estimated included.
    """
    values = _values(name, study)
    return MetaAnalysis(
        name=name,
        settings=_settings(node, study, values.at("settings")),
        comparisons=comparison_records(node, study, present, values),
        results=tuple(effects),
    )


def _values(name: str, study: Study) -> Values:
    return Values(slug(name), f"analyses.{name}", minimum=study.policy.minimum_cell)


def pooled_effect(
    people: Selection, earlier: Sequence[Selection], *, name: str, node: Node, study: Study, alone: bool, means: bool
) -> PooledEffect[Value] | None:
    """Return one pooled effect; what is disclosed of it gives away neither a small trial nor few people of another one.

    None where what may be disclosed hangs on the digits that are printed: see `pooled_effect_in_digits`.

    Parameters
    ----------
    people : Selection
        Who enters.
    earlier : sequence of Selection
        The same outcome at the same follow-up in the comparisons before this one.
    name : str
        Of the analysis.
    node : MetaAnalysis node of the study file
    study : Study
    alone : bool
        Whether no other analysis tells of these people: see `disclosed_alone`.
    means : bool
        Whether means of arms may be disclosed: see `reportgen.spec.check.means_disclosed_by`.
    """
    people = poolable(people, node)
    pooling = _Pooling(people, earlier, name, node, study, means)
    if pooling.suppressed_for_events(alone):
        return None
    return disclosed_effect(people, pooling.guarded, pooling.record, alone=alone)


def pooled_effect_in_digits(
    effect: PooledEffect[Value] | None,
    people: Selection,
    earlier: Sequence[Selection],
    *,
    name: str,
    node: Node,
    study: Study,
    alone: bool,
    means: bool,
    figures: Figures,
) -> PooledEffect[Value]:
    """Return a pooled effect as it is; where what may be disclosed hangs on the digits that are printed, with these alone.

    Parameters
    ----------
    effect : PooledEffect or None
        What `pooled_effect` returns.
    people, earlier, name, node, study, alone, means
        As there.
    figures : Figures
        How many digits are printed.
    """
    if effect is not None:
        return effect
    people = poolable(people, node)
    pooling = _Pooling(people, earlier, name, node, study, means)
    suppressed = pooling.suppressed_for_events(alone)
    if suppressed:
        return without_checks(printed_digits(pooling.record(pooling.base(alone), suppressed), figures))
    return disclosed_in_digits(people, pooling.guarded, pooling.record, pooling.quick, figures)


@dataclass(frozen=True, slots=True)
class _Pooling:
    """Makes the records of one pooled effect, from its people and from others."""

    people: Selection
    earlier: Sequence[Selection]
    name: str
    node: Node
    study: Study
    means: bool

    @property
    def guarded(self) -> dict[str, SuppressionReason]:
        """The trials whose effects are not disclosed, with the reason."""
        return guarded_trials(self.people, self.study.policy.minimum_cell, self.earlier)

    def base(self, alone: bool) -> Selection:
        """Return who is pooled where the outcome is an event: whoever need not be suppressed for the sake of other analyses."""
        return self.people if alone else without_guarded(self.people, self.guarded)

    def suppressed_for_events(self, alone: bool) -> tuple[str, ...]:
        """Return the trials that are suppressed since few of their people have an event, or none; with those beside them.

        Where another analysis tells the events of others than these, all are: from both, those suppressed could be worked out.
        """
        if self.people.kind == "continuous":
            return ()
        base, minimum = self.base(alone), self.study.policy.minimum_cell
        if _suppression_reason(base, self.node, self.study):
            return ()
        found = suppressed_for_events(base, minimum, self.guarded if alone else ())
        return base.trials if found and not self.means else found

    def record(self, people: Selection, suppressed: Sequence[str]) -> PooledEffect[Value]:
        """Return the record of some people, with some trials suppressed."""
        minimum, guarded = self.study.policy.minimum_cell, self.guarded
        close = guards(minimum) and any(few_apart(self.people, other, minimum) for other in self.earlier)
        suppression = _suppression_reason(people, self.node, self.study) or (TOO_CLOSE if close else "")
        fits = None if suppression else fit(people, self.node)
        reasons = {
            name: guarded.get(name, TOO_FEW if has_few_events(people, people.trial == name, minimum) else FOR_ANOTHER)
            for name in suppressed
        }
        values = for_pooled(people.outcome, self.study, _values(self.name, self.study))
        record = _record(people, fits, suppression, reasons, self.node, self.study, values)
        if people.kind != "continuous":
            record = with_absolute(record, people, fits, self.node, _of_cell(people, fits, values))
        with_arms = with_arm_means if people.kind == "continuous" else with_events
        return with_arms(record, people, self.earlier, self.study, values) if self.means else record

    def quick(self, people: Selection) -> tuple[Estimate[Value], Scaled[Value] | None]:
        """Return the pooled effect as recorded, without anything beside it."""
        return _pooled_alone(people, self.node, self.study, _values(self.name, self.study))


def _pooled_alone(
    selection: Selection, node: Node, study: Study, values: Values
) -> tuple[Estimate[Value], Scaled[Value] | None]:
    """Return the pooled effect as recorded, without anything beside it."""
    values = for_pooled(selection.outcome, study, values)
    builder = values.at(selection.comparison, selection.outcome, selection.follow_up, arms=selection.arms)
    fitted = one_step_of(selection, node, node.treatment_effect)
    estimate = estimate_record(fitted.effect, node.level, builder, "", "")
    return estimate, _scaled(selection, fitted.effect, predicted(fitted, node), node, study, builder, "")


def _settings(node: Node, study: Study, values: Values) -> ModelSettings[Value]:
    return ModelSettings(
        adjust_for=adjuster_labels(node, study, values),
        intercept=node.intercept,
        treatment_effect=node.treatment_effect,
        covariance=node.covariance,
        adjuster_slopes=node.adjuster_slopes,
        residual=node.residual,
        estimation=node.estimation,
        inference=node.inference,
        df_floor=node.df_floor,
        dispersion=node.dispersion,
        tau_interval=node.tau_interval,
        two_stage_method=node.two_stage.method,
        two_stage_test=node.two_stage.test,
        level=level_number(node.level, values),
        minimum_trials=values.count("minimum trials", node.minimum_trials, "trials"),
    )


def _record(
    selection: Selection,
    fits: Fits | None,
    suppression: str,
    suppressed: Mapping[str, str],
    node: Node,
    study: Study,
    values: Values,
) -> PooledEffect[Value]:
    unit = pooled_unit_of(selection.outcome, study)
    said = _named(fits.message, selection, study) if fits else ""
    reason = suppression or (said if fits and fits.failed else "")
    status: Status = fits.status if fits else "not estimable"
    builder = _of_cell(selection, fits, values)
    used = None if fits is None or fits.failed else fits
    estimate = estimate_record(used.effect if used else None, node.level, builder, unit, reason)
    beside = builder.at("common effect"), builder.at("two stage")
    alone = reason or (ONE_TRIAL if used and used.alone else "")
    common = estimate_record(used.common.effect if used and not alone else None, node.level, beside[0], unit, alone)
    two_stage = used.two_stage if used else None
    apart = reason or not_pooled(two_stage, len(selection.trials))
    beside_model = apart or (THE_EFFECT if selection.in_two_stages else "")
    rows = suppressed_rows(
        _trials(selection, fits, node, study, builder, unit) if fits else (), suppressed, study.policy.minimum_cell
    )
    n_control, n_intervention = builder.sides()
    heterogeneity = _heterogeneity(used, node, builder, unit, reason)
    scaled = _scaled(selection, used.effect if used else None, _between(used, node), node, study, builder, reason)
    pooled_apart = two_stage_estimate(two_stage, node.level, beside[1], unit, beside_model)
    variation_apart = two_stage_heterogeneity(two_stage, beside[1], unit, apart)
    return PooledEffect(
        id=builder.prefix,
        outcome=selection.outcome,
        outcome_label=builder.quote("outcome", outcome_label(selection.outcome, study)),
        domain=builder.quote("domain", study.outcomes[selection.outcome].domain),
        unit=builder.quote("unit", unit),
        scale=pooled_scale_of(selection.outcome, study),
        follow_up=selection.follow_up,
        follow_up_label=builder.quote("follow-up", study.follow_up[selection.follow_up].label or selection.follow_up),
        comparison=selection.comparison,
        trials=builder.count("trials", len(selection.trials), "trials"),
        n=builder.count("n", selection.n),
        n_control=n_control,
        n_intervention=n_intervention,
        in_comparison=builder.count("in comparison", selection.in_comparison),
        estimate=estimate,
        scaled=scaled,
        scaled_checks=_scaled_checks(scaled, heterogeneity, common, pooled_apart, variation_apart),
        heterogeneity=heterogeneity,
        common=common,
        two_stage=pooled_apart,
        two_stage_heterogeneity=variation_apart,
        outside_reasons=None
        if alone or selection.in_two_stages
        else outside_reasons(rows, node, bool(node.adjust_for)),
        by_trial=rows,
        excluded=excluded_record(selection, builder),
        status=status,
        reason=reason or (said if status != "ok" else ""),
        evaluations=_evaluations(fits, builder, reason or _not_searched(selection, fits)),
        criterion=builder.fixed(
            "criterion", _criterion(fits), "criterion", reason=reason or _not_searched(selection, fits)
        ),
        df_unfloored=builder.fixed("df unfloored", scalar(used.effect.df_raw) if used else NAN, "df", reason=reason),
        not_adjusted=_not_adjusted(selection, node, study, builder) if used else (),
        kind=selection.kind,
        model="two-stage" if selection.in_two_stages else "one-step",
        sites=_sites(selection, used, builder, unit, reason),
    )


def _sites(selection: Selection, fits: Fits | None, values: Values, unit: str, reason: str) -> Sites[Value] | None:
    """Return the sites within trials, with the variance of their intercepts where the model of the effect has them."""
    if selection.kind != "continuous":
        return sites_record(selection, values)
    found = fits.model.site_variance if fits and isinstance(fits.model, OneStepFit) else NAN
    return sites_record(selection, values, site_variance(found, values, unit, reason))


def _of_cell(selection: Selection, fits: Fits | None, values: Values) -> Values:
    """Return what makes the values of a cell, on the people on whom they rest."""
    return values.at(
        selection.comparison,
        selection.outcome,
        selection.follow_up,
        n=selection.n,
        trials=len(selection.trials),
        status=fits.status if fits else "not estimable",
        arms=selection.arms,
    )


def _named(message: str, selection: Selection, study: Study) -> str:
    """Return what a fit says, with its adjusters called as on the pages."""
    return with_adjusters(message, [adjuster_label(name, study) for name in selection.adjuster_of])


def _suppression_reason(selection: Selection, node: Node, study: Study) -> str:
    """Return why there is no effect to tell, or an empty text."""
    few = few_in_an_arm(selection.treatment, study.policy.minimum_cell)
    return not_estimable(selection, node) or (TOO_FEW if few else "")


def _not_searched(selection: Selection, fits: Fits | None) -> str:
    """Return why a fit has no number of evaluations, or no criterion."""
    if fits is not None and fits.alone_with_sites:
        return ""
    if selection.kind == "continuous":
        return SOLVED
    if selection.in_two_stages and (fits is None or not fits.alone):
        return POOLED
    return ONE_REGRESSION if fits is not None and fits.alone else NO_LIKELIHOOD


def _evaluations(fits: Fits | None, builder: Values, reason: str) -> Any:
    if fits is None or fits.by_regression or isinstance(fits.model, TwoStageFit):
        return builder.none("evaluations", reason)
    return builder.count("evaluations", fits.model.optimiser.evaluations, "evaluations")


def _not_adjusted(selection: Selection, node: Node, study: Study, values: Values) -> tuple[NotAdjusted[Value], ...]:
    unused = unused_adjusters(selection, intercept=node.intercept, adjuster_slopes=node.adjuster_slopes)
    return not_adjusted_record(unused, study, values)


def _criterion(fits: Fits | None) -> float:
    if fits is None or fits.by_regression or isinstance(fits.model, TwoStageFit):
        return NAN
    return fits.model.criterion


def _between(fits: Fits | None, node: Node) -> tuple[float, float]:
    """Return the prediction interval where several trials were pooled; NaN elsewhere."""
    return (NAN, NAN) if fits is None or fits.alone else predicted(fits.model, node)


def _heterogeneity(fits: Fits | None, node: Node, values: Values, unit: str, reason: str) -> Heterogeneity[Value]:
    cause = reason or _one_effect(fits, node)
    tau2 = fits.model.tau2 if fits and not cause else NAN
    apart = reason or not_pooled(fits.two_stage if fits else None, len(fits.trials.labels) if fits else 0)
    i2, (i2_low, i2_high) = (fits.two_stage.i2, fits.two_stage.i2_interval) if fits and not apart else (NAN, (NAN, NAN))
    low, high = _between(fits, node) if not cause else (NAN, NAN)
    few = cause or "a prediction interval needs three trials"
    of_tau2: dict[str, Value] = {}
    if fits and fits.tau_interval and not fits.alone:
        of_tau2 = {
            f"tau2_{end}": values.fixed(
                f"tau2 {end}",
                tau**2 if math.isfinite(tau) else NAN,
                "variance",
                f"{unit}²" if unit else "",
                cause or NO_END,
            )
            for end, tau in zip(("low", "high"), fits.tau_interval, strict=True)
        }
    return Heterogeneity(
        tau2=values.fixed("tau2", tau2, "variance", f"{unit}²" if unit else "", cause),
        tau=values.fixed("tau", math.sqrt(tau2) if tau2 == tau2 else NAN, "heterogeneity", unit, cause),
        i2=values.fixed("i2", 100 * i2, "i2", "%", apart),
        i2_low=values.fixed("i2 low", 100 * i2_low, "i2", "%", apart),
        i2_high=values.fixed("i2 high", 100 * i2_high, "i2", "%", apart),
        predicted_low=values.fixed("predicted low", low, "effect", unit, few),
        predicted_high=values.fixed("predicted high", high, "effect", unit, few),
        **of_tau2,
    )


def _one_effect(fits: Fits | None, node: Node) -> str:
    """Return why the one-step model has no variation between trials, or an empty text."""
    if fits and fits.alone:
        return ONE_TRIAL
    return "the model has one effect common to all trials" if node.treatment_effect == "common" else ""


def _scaled(
    selection: Selection,
    effect: Effect | None,
    predicted: tuple[float, float],
    node: Node,
    study: Study,
    values: Values,
    reason: str,
) -> Scaled[Value] | None:
    """Return the effect on a scale from 0 to 100, where the outcome has a range."""
    limits = range_of(study.outcomes[selection.outcome], selection.outcome, study)
    if limits is None:
        return None
    factor = FULL_SCALE / (limits[1] - limits[0])
    low, high = (scalar(limit) for limit in effect.interval(node.level)) if effect else (NAN, NAN)
    builder = values.at("scaled")
    ends = builder.bounds(factor * low, factor * high, "scaled", "of 100", reason)
    return Scaled(
        effect=builder.fixed("effect", factor * scalar(effect.estimate) if effect else NAN, "scaled", "of 100", reason),
        low=ends[0],
        high=ends[1],
        predicted_low=builder.fixed("predicted low", factor * predicted[0], "scaled", "of 100", reason),
        predicted_high=builder.fixed("predicted high", factor * predicted[1], "scaled", "of 100", reason),
        factor=builder.fixed("factor", factor, "factor"),
    )


def _scaled_checks(
    scaled: Scaled[Value] | None,
    between: Heterogeneity[Value],
    common: Estimate[Value],
    two_stage: Estimate[Value],
    variation: TwoStageHeterogeneity[Value],
) -> ScaledChecks[Value] | None:
    """Return what stands beside an effect on the scale from 0 to 100: effects by the factor, variances by its square."""
    if scaled is None:
        return None
    factor = scaled.factor.value or NAN

    def effects(estimate: Estimate[Value]) -> tuple[Value, Value, Value]:
        effect, low, high = (
            multiplied(number, factor, "scaled", "of 100", f"scaled {name}")
            for number, name in ((estimate.effect, "effect"), (estimate.low, "ci low"), (estimate.high, "ci high"))
        )
        return effect, low, high

    def variance(number: Value, name: str) -> Value:
        return multiplied(number, factor**2, "variance", "of 100²", f"scaled {name}")

    return ScaledChecks(
        variance(between.tau2, "tau2"),
        *effects(common),
        *effects(two_stage),
        variance(variation.tau2, "tau2"),
        variance(variation.tau2_low, "tau2 low"),
        variance(variation.tau2_high, "tau2 high"),
        *(
            None if number is None else variance(number, name)
            for number, name in ((between.tau2_low, "tau2 low"), (between.tau2_high, "tau2 high"))
        ),
    )


def _trials(
    selection: Selection, fits: Fits, node: Node, study: Study, values: Values, unit: str
) -> list[TrialEstimate[Value]]:
    """One row a trial. The weight is the two-stage one: a one-step model has none of its own."""
    found = fits.trials
    apart = not_pooled(fits.two_stage, len(found.labels)) or (
        _named(fits.message, selection, study) if fits.failed else ""
    )
    places = {str(label): place for place, label in enumerate(found.labels)}
    rows = []
    for name in selection.trials:
        place = places[name]
        status: Status = "ok" if found.status[place] == "ok" else "not estimable"
        reason = found.reason[place]
        effect = fits.of_trial(place) if status == "ok" else None
        weight = 100 * float(fits.two_stage.weights[place]) if effect and not apart else NAN
        n_control, n_intervention = selection.arm_size(0, name), selection.arm_size(1, name)
        arms = n_control, n_intervention
        builder = values.at("trial", name, n=sum(arms), trials=1, status=status, arms=arms)
        rows.append(
            TrialEstimate(
                trial=builder.quote("label", name),
                instrument=builder.quote("instrument", selection.instruments[name]),
                n_control=builder.count("n control", n_control),
                n_intervention=builder.count("n intervention", n_intervention),
                estimate=estimate_record(effect, node.level, builder, unit, reason),
                weight=builder.fixed("weight", weight, "weight", "%", reason or apart),
                status=status,
                reason=reason,
                not_adjusted=not_adjusted_record(unused_adjusters(selection, selection.trial == name), study, builder)
                if effect
                else (),
            )
        )
    return rows
