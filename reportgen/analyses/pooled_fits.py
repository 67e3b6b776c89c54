"""What is fitted to the people of one pooled effect: the one-step model, the same with a common effect, and the trials' own.

In: a selection and the node of the study file. Out: `Fits`. The kind of the outcome chooses the models: linear mixed models of
continuous outcomes, generalised ones of events and counts. Risk ratios and risk differences have no one-step model: those of the
trials, standardised over their people, are pooled in two stages.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from reportgen.analyses.recording import NAN
from reportgen.analyses.selection import Selection, adjusters_of, not_estimable, without_trials
from reportgen.records.exclusion import Exclusion, ExclusionReason
from reportgen.records.numbers import Status
from reportgen.release.estimates import scalar
from reportgen.spec.analyses import MetaAnalysis as Node
from reportgen.spec.outcomes import Kind, Measure
from reportgen.stats import (
    Effect,
    GlmmFit,
    OneStepFit,
    PerTrial,
    PerTrialGlm,
    TwoStage,
    fit_one_step,
    fit_one_step_glmm,
    per_trial,
    per_trial_glm,
    pool_common,
    pool_two_stage,
    prediction_interval,
    standardised_effects,
)
from reportgen.stats.choices import Approximation, Dispersion, Link, Reference, TreatmentEffect
from reportgen.stats.tau_profile import tau_profile_interval

LINKS: dict[Kind, Link] = {"binary": "logit", "count": "log"}
CONTRASTS: dict[Measure, Literal["ratio", "difference"]] = {"risk ratio": "ratio", "risk difference": "difference"}
PER_HUNDRED = 100.0  # a risk difference is in percentage points


@dataclass(frozen=True, slots=True)
class TwoStageFit:
    """An effect that is pooled from those of the trials, where no one-step model has its measure.

    Attributes
    ----------
    effect : Effect
    tau2 : float
        NaN of one effect for all trials.
    trials : int
    status, message : str
    farthest : float
        How large an effect can be: no risk differs from another by more than 100 percentage points.
    """

    effect: Effect
    tau2: float
    trials: int
    status: Status
    message: str
    farthest: float = math.inf


Model = OneStepFit | GlmmFit | TwoStageFit
Trials = PerTrial | PerTrialGlm


@dataclass(frozen=True, slots=True)
class Fits:
    """Everything that was fitted to one selection: `model` is the one whose effect is the answer.

    `tau_interval` is that of the one-step model by profile likelihood, None where it is not asked for.
    """

    model: Model
    common: Model
    trials: Trials
    two_stage: TwoStage
    tau_interval: tuple[float, float] | None = None

    @property
    def alone(self) -> bool:
        """Whether one trial alone entered: its own effect is given, and nothing is pooled."""
        return len(self.trials.labels) == 1

    @property
    def alone_with_sites(self) -> bool:
        """Whether that effect is of a model with a random intercept of the site, and not of a regression without it."""
        return self.alone and isinstance(self.model, OneStepFit) and self.model.sites > 0

    @property
    def by_regression(self) -> bool:
        """Whether the effect is that of one trial alone, from a regression of its people."""
        return self.alone and not self.alone_with_sites

    @property
    def status(self) -> Status:
        """How the fit of the effect ended."""
        return self.trials.status[0] if self.by_regression else self.model.status

    @property
    def failed(self) -> bool:
        """Whether there is no effect."""
        return self.status in ("failed", "not estimable")

    @property
    def message(self) -> str:
        """What is to be said of the fit of the effect."""
        return self.trials.reason[0] if self.by_regression else self.model.message

    @property
    def effect(self) -> Effect:
        """The effect: that of the model of all trials, or of the one trial by a regression of its own."""
        return self.of_trial(0) if self.by_regression else self.model.effect

    @property
    def dispersion(self) -> float:
        """Pearson's dispersion of a model of counts; NaN of others."""
        return self.model.dispersion if isinstance(self.model, GlmmFit) else NAN

    def of_trial(self, place: int) -> Effect:
        """Return the effect of one trial by itself."""
        if self.alone_with_sites:
            return self.model.effect
        own = self.trials.effect()
        estimate, std_error, df = (float(np.asarray(part)[place]) for part in (own.estimate, own.std_error, own.df))
        return Effect(estimate, std_error, df, df)


def fit(selection: Selection, node: Node) -> Fits | None:
    """Fit one selection: one-step, the same with a common effect, each trial alone, and the trials pooled in two stages.

    Returns None where the selection has too few trials.
    """
    if not_estimable(selection, node):
        return None
    trials = trials_of(selection, node)
    pooled = pool_two_stage(
        trials.estimate,
        trials.std_error,
        method=node.two_stage.method,
        test=node.two_stage.test,
        level=node.level,
    )
    if selection.in_two_stages:
        farthest = PER_HUNDRED if selection.measure == "risk difference" else math.inf
        common = TwoStageFit(pool_common(trials.estimate, trials.std_error), NAN, pooled.trials, "ok", "", farthest)
        model = common if node.treatment_effect == "common" else _pooled(pooled, farthest)
        return Fits(model, common, trials, pooled)
    model_of_all = one_step_of(selection, node, node.treatment_effect)
    return Fits(
        model=model_of_all,
        common=one_step_of(selection, node, "common"),
        trials=trials,
        two_stage=pooled,
        tau_interval=_tau_interval(selection, node, model_of_all) if node.tau_interval == "profile" else None,
    )


def _tau_interval(selection: Selection, node: Node, fitted: OneStepFit | GlmmFit) -> tuple[float, float]:
    """Return the profile interval of tau; NaN where nothing was estimated."""
    if isinstance(fitted, GlmmFit):
        return fitted.tau_interval or (NAN, NAN)
    return tau_profile_interval(
        selection.response,
        selection.treatment,
        selection.trial,
        adjusters=adjusters_of(selection),
        site=selection.site,
        adjuster_slopes=node.adjuster_slopes,
        level=node.level,
    )


def _pooled(found: TwoStage, farthest: float) -> TwoStageFit:
    effect = Effect(found.estimate, found.std_error, found.df, found.df)
    return TwoStageFit(effect, found.tau2, found.trials, found.status, found.message, farthest)


def poolable(selection: Selection, node: Node) -> Selection:
    """Return a selection without the trials that have no effect of their own, where effects are pooled in two stages.

    The one-step model of other measures keeps them: the selection is returned as it is.
    """
    if not selection.in_two_stages or not selection.n:
        return selection
    trials = trials_of(selection, node)
    lacking: dict[str, ExclusionReason | Exclusion] = {
        str(name): Exclusion(ExclusionReason.NO_OWN_EFFECT, reason)
        for name, reason in zip(trials.labels, trials.reason, strict=True)
        if reason
    }
    return without_trials(selection, lacking)


def trials_of(selection: Selection, node: Node) -> Trials:
    """Estimate the effect in each trial by itself: analysis of covariance, or logistic or Poisson regression."""
    people = selection.response, selection.treatment, selection.trial
    if selection.kind == "continuous":
        return per_trial(*people, adjusters=adjusters_of(selection))
    if selection.in_two_stages:
        return _standardised(selection)
    return per_trial_glm(
        *people,
        link=LINKS[selection.kind],
        exposure=selection.exposure,
        adjusters=adjusters_of(selection),
        dispersion=_dispersion(selection, node),
    )


def _standardised(selection: Selection) -> PerTrialGlm:
    """Estimate the risk ratio or difference in each trial over its people; a difference in percentage points."""
    found = standardised_effects(
        selection.response,
        selection.treatment,
        selection.trial,
        measure=CONTRASTS[selection.measure],
        adjusters=adjusters_of(selection),
    )
    if selection.measure == "risk ratio":
        return found
    return replace(found, estimate=PER_HUNDRED * found.estimate, std_error=PER_HUNDRED * found.std_error)


def _dispersion(selection: Selection, node: Node) -> Dispersion:
    return node.dispersion if selection.kind == "count" else "poisson"


def one_step_of(selection: Selection, node: Node, treatment_effect: TreatmentEffect) -> OneStepFit | GlmmFit:
    """Fit the one-step model of a node, with a treatment effect that varies between trials or is common."""
    people = selection.response, selection.treatment, selection.trial
    if selection.kind != "continuous":
        return fit_one_step_glmm(
            *people,
            link=LINKS[selection.kind],
            exposure=selection.exposure,
            adjusters=adjusters_of(selection),
            treatment_effect=treatment_effect,
            adjuster_slopes=node.adjuster_slopes,
            inference=reference_of(node.inference),
            dispersion=_dispersion(selection, node),
            profile_level=node.level if node.tau_interval == "profile" and treatment_effect == "random" else None,
        )
    options: dict[str, Any] = node.model_dump(
        include={"intercept", "covariance", "adjuster_slopes", "residual", "estimation", "inference", "df_floor"}
    )
    return fit_one_step(
        *people,
        adjusters=adjusters_of(selection),
        site=selection.site,
        treatment_effect=treatment_effect,
        **options,
    )


def predicted(fitted: Model, node: Node) -> tuple[float, float]:
    """Return the prediction interval of a model, within what an effect can be; NaN below three trials, and with a common effect."""
    if node.treatment_effect == "common":
        return NAN, NAN
    effect = fitted.effect
    found = prediction_interval(
        scalar(effect.estimate), scalar(effect.std_error), fitted.tau2, fitted.trials, node.level
    )
    if found is None:
        return NAN, NAN
    farthest = fitted.farthest if isinstance(fitted, TwoStageFit) else math.inf
    return max(found[0], -farthest), min(found[1], farthest)


def reference_of(inference: Approximation) -> Reference:
    """Return the reference distribution of a model of events, which knows no degrees of freedom but those between trials."""
    return "normal" if inference == "normal" else "t"
