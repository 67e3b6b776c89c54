"""What is fitted to the people of one pooled effect: the one-step model, the same with a common effect, and the trials' own.

In: a selection and the node of the study file. Out: `Fits`. The kind of the outcome chooses the models: linear mixed models of
continuous outcomes, generalised ones of events and counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from reportgen.analyses.recording import NAN
from reportgen.analyses.selection import Selection, adjusters_of, not_estimable
from reportgen.records.numbers import Status
from reportgen.release.estimates import scalar
from reportgen.spec.outcomes import Kind
from reportgen.spec.study import MetaAnalysis as Node
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
    pool_two_stage,
    prediction_interval,
)
from reportgen.stats.choices import Dispersion, Link, TreatmentEffect

LINKS: dict[Kind, Link] = {"binary": "logit", "count": "log"}
OneStep = OneStepFit | GlmmFit
Trials = PerTrial | PerTrialGlm


@dataclass(frozen=True, slots=True)
class Fits:
    """Everything that was fitted to one selection."""

    one_step: OneStep
    common: OneStep
    trials: Trials
    two_stage: TwoStage

    @property
    def alone(self) -> bool:
        """Whether one trial alone entered: its own effect is given, and nothing is pooled."""
        return len(self.trials.labels) == 1

    @property
    def status(self) -> Status:
        """How the fit of the effect ended."""
        return self.trials.status[0] if self.alone else self.one_step.status

    @property
    def failed(self) -> bool:
        """Whether there is no effect."""
        return self.status in ("failed", "not estimable")

    @property
    def message(self) -> str:
        """What is to be said of the fit of the effect."""
        return self.trials.reason[0] if self.alone else self.one_step.message

    @property
    def effect(self) -> Effect:
        """The effect: that of the one-step model, or of the one trial by a regression of its own."""
        return self.of_trial(0) if self.alone else self.one_step.effect

    @property
    def dispersion(self) -> float:
        """Pearson's dispersion of a model of counts; NaN of others."""
        return self.one_step.dispersion if isinstance(self.one_step, GlmmFit) else NAN

    def of_trial(self, place: int) -> Effect:
        """Return the effect of one trial by itself."""
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
    return Fits(
        one_step=one_step_of(selection, node, node.treatment_effect),
        common=one_step_of(selection, node, "common"),
        trials=trials,
        two_stage=pooled,
    )


def trials_of(selection: Selection, node: Node) -> Trials:
    """Estimate the effect in each trial by itself: analysis of covariance, or logistic or Poisson regression."""
    people = selection.response, selection.treatment, selection.trial
    if selection.kind == "continuous":
        return per_trial(*people, adjusters=adjusters_of(selection))
    return per_trial_glm(
        *people,
        link=LINKS[selection.kind],
        exposure=selection.exposure,
        adjusters=adjusters_of(selection),
        dispersion=_dispersion(selection, node),
    )


def _dispersion(selection: Selection, node: Node) -> Dispersion:
    return node.dispersion if selection.kind == "count" else "poisson"


def one_step_of(selection: Selection, node: Node, treatment_effect: TreatmentEffect) -> OneStep:
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
            inference="normal" if node.inference == "normal" else "t",
            dispersion=_dispersion(selection, node),
        )
    options: dict[str, Any] = node.model_dump(
        include={"intercept", "covariance", "adjuster_slopes", "residual", "estimation", "inference", "df_floor"}
    )
    return fit_one_step(*people, adjusters=adjusters_of(selection), treatment_effect=treatment_effect, **options)


def predicted(fitted: OneStep, node: Node) -> tuple[float, float]:
    """Return the prediction interval of a one-step model; NaN below three trials, and with a common effect."""
    if node.treatment_effect == "common":
        return NAN, NAN
    effect = fitted.effect
    found = prediction_interval(
        scalar(effect.estimate), scalar(effect.std_error), fitted.tau2, fitted.trials, node.level
    )
    return found if found is not None else (NAN, NAN)
