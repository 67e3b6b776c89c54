"""The methods of models of events and counts in prose: the one-step model, its intervals, absolute effects, what tells nothing.

In: settings of a meta-analysis and what was fitted. Out: paragraphs.
"""

from __future__ import annotations

from collections.abc import Iterator

from reportgen.records.model import ModelSettings
from reportgen.records.numbers import Inline
from reportgen.tables.adjusters import Fits
from reportgen.views.prose.models import adjusted_for

MODEL = {
    "binary": ("each binary outcome", "logistic", "log odds ratio", "had the event, or everybody had it,"),
    "count": ("each count of events", "Poisson", "log rate ratio", "had an event"),
}
SLOPES = {
    "common": "with slopes common to all trials",
    "stratified": "with trial-specific slopes (trials with fewer than ten events, or people without one, for each slope share theirs)",
}


def event_models(kind: str, settings: ModelSettings, fits: Fits, *, alone: bool) -> Iterator[Inline]:
    """Yield the paragraphs on the models of one kind of outcome.

    Parameters
    ----------
    kind : {'binary', 'count'}
    settings : ModelSettings
    fits : sequence of (Inline, tuple of NotAdjusted)
        What was fitted to outcomes of this kind.
    alone : bool
        Whether each effect is one trial's own.
    """
    outcome, family, ratio, none = MODEL[kind]
    adjusted = adjusted_for(settings.adjust_for, fits)
    if alone:
        yield (
            f"The effect on {outcome} is that of its trial, by {family} regression",
            *adjusted,
            ": there is no pooling and no estimate of variation between trials. Confidence intervals use the normal distribution and have a level of ",
            settings.level,
            "%.",
        )
        return
    random = settings.treatment_effect == "random"
    effect = (
        f"a {ratio} of treatment that varies at random between trials, its random part centred within each trial"
        if random
        else f"one {ratio} of treatment common to all trials"
    )
    exposure = ", the logarithm of the exposure as offset where one is given" if kind == "count" else ""
    slopes = f", {SLOPES[settings.adjuster_slopes]}" if adjusted else ""
    quadrature = " with adaptive Gauss–Hermite quadrature of seven nodes" if random else ""
    yield (
        f"For {outcome}, one {family} mixed model was fitted to the participants of all trials at once (one-step meta-analysis), "
        f"with an intercept for each trial and {effect}{exposure}",
        *adjusted,
        f"{slopes}. It was estimated by maximum likelihood{quadrature}; standard errors are those of the observed information. "
        f"{_reference(settings, random)} of a level of ",
        settings.level,
        "%.",
        f" A trial in which nobody {none} tells nothing about the ratio and is left out. A trial in which one side alone had no event "
        "enters the one-step model, but has no ratio of its own for the two-stage model, which estimates that of each trial by "
        f"{family} regression; no half events are added. Where people with the event can be separated from all others without error, a "
        "ratio has no finite estimate, and none is given.",
    )
    yield _absolute(kind, settings)
    if kind == "count":
        yield _dispersion(settings)


def _reference(settings: ModelSettings, random: bool) -> str:
    if random and settings.inference != "normal":
        return "Its confidence intervals use the t distribution with trials minus one degrees of freedom and are"
    return "Its confidence intervals use the normal distribution and are"


def _dispersion(settings: ModelSettings) -> Inline:
    printed = "Pearson’s dispersion of each model of counts, one where the variance equals the mean, stands below the effects by trial"
    if settings.dispersion == "quasi":
        return (f"{printed}; standard errors are those of the Poisson model times its square root (quasi-Poisson).",)
    return (f"{printed}; standard errors are those of the Poisson model, whatever it is.",)


def _absolute(kind: str, settings: ModelSettings) -> Inline:
    risk = "risk" if kind == "binary" else "rate"
    needed = (
        " The number needed to treat is one over the risk difference; where its interval holds no difference, it passes through infinity."
        if kind == "binary"
        else ""
    )
    return (
        f"What a ratio means for a thousand people was worked out from the {risk} in the control groups, pooled by a model of these groups alone "
        f"with a random intercept: the difference is what the ratio makes of that {risk}, and the ends of its interval are what the ends "
        f"of the interval of the ratio make of it, the {risk} taken as known.{needed}",
    )
