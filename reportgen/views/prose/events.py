"""The methods of models of events and counts in prose: the one-step model, its intervals, absolute effects, what tells nothing.

Risk ratios and risk differences have methods of their own: what is pooled in two stages, and what is standardised in each trial.

In: settings of a meta-analysis and what was fitted. Out: paragraphs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reportgen.records.effect_scale import EffectScale, capitalised
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


POOLING = {
    "reml": "restricted maximum likelihood",
    "dersimonian-laird": "the method of DerSimonian and Laird",
    "paule-mandel": "the method of Paule and Mandel",
}
TEST = {
    "knha": "the Hartung–Knapp–Sidik–Jonkman adjustment, guarded so that it never narrows an interval (factor of at least one; "
    "t distribution with trials minus one degrees of freedom)",
    "knha-plain": "the Hartung–Knapp–Sidik–Jonkman adjustment without a guard (t distribution with trials minus one degrees of "
    "freedom), so that with trials that are alike an interval may be narrower than that of a common effect",
    "normal": "the normal distribution",
}
OF_RISKS = {
    "risk ratio": "ratio",
    "risk difference": "difference, intervention minus control and in percentage points,",
}


def standardised_models(
    scales: Sequence[EffectScale], settings: ModelSettings, fits: Fits, *, alone: bool
) -> Iterator[Inline]:
    """Yield the paragraphs on risk ratios and risk differences, which no one-step model has.

    Parameters
    ----------
    scales : sequence of EffectScale
        Their scales, each once.
    settings : ModelSettings
    fits : sequence of (Inline, tuple of NotAdjusted)
        What was fitted to outcomes with these measures.
    alone : bool
        Whether each effect is one trial's own.
    """
    named = " and ".join(scale.effects for scale in scales)
    contrast = " or the ".join(OF_RISKS[scale.measure] for scale in scales)
    adjusted = adjusted_for(settings.adjust_for, fits)
    yield (
        f"{capitalised(named)} were estimated in each trial: a logistic regression of the event on treatment",
        *adjusted,
        f"{',' if adjusted else ''} gave the risk of each participant analysed in that trial with the intervention and without it, and the "
        f"{contrast} of the means of these risks over all of them is the effect in the trial (standardisation over the participants, "
        "or g-computation). Standard errors follow from those of the regression by the delta method, the participants being taken as "
        f"they are.{'' if adjusted else ' Without adjusters these are the effects of the two-by-two table of each trial.'}",
    )
    if alone:
        yield _intervals_alone(settings)
        yield _absolute("binary", [scale.is_ratio for scale in scales], alone=True)
        return
    yield _pooled_apart(named, settings)
    yield _without_effect(scales)
    yield _absolute("binary", [scale.is_ratio for scale in scales])


def _intervals_alone(settings: ModelSettings) -> Inline:
    return (
        "There is no pooling and no estimate of variation between trials. Confidence intervals use the normal distribution and have a "
        "level of ",
        settings.level,
        "%.",
    )


def _pooled_apart(named: str, settings: ModelSettings) -> Inline:
    """Return how effects that are standardised in each trial are pooled."""
    variation = (
        "Cochran’s Q with its p value, I² and the confidence interval of τ², by the Q-profile method and converted to that of I², belong to "
        "the same model."
    )
    if settings.treatment_effect == "common":
        return (
            f"There is no one-step model of {named}: the effects of the trials were pooled in two stages as one effect common to all of "
            "them, weighted by their inverse variances, with a confidence interval of the normal distribution and a level of ",
            settings.level,
            f"%. Weights, τ² and I² are those of random effects, by {POOLING[settings.two_stage_method]}.",
        )
    return (
        f"There is no one-step model of {named}: the effects of the trials were pooled in two stages, as random effects by "
        f"{POOLING[settings.two_stage_method]} with {TEST[settings.two_stage_test]}. Confidence intervals have a level of ",
        settings.level,
        f"%; the prediction interval uses the t distribution with trials minus two degrees of freedom. {variation} The mean weighted by "
        "inverse variances, as if one effect were common to all trials, stands beside each effect.",
    )


def _without_effect(scales: Sequence[EffectScale]) -> Inline:
    """Return which trials have no standardised effect, and what leaving them out does."""
    ratios, differences = (any(scale.is_ratio is item for scale in scales) for item in (True, False))
    side = "A trial in which nobody, or everybody, of a side has the event"
    halves = (
        f"{side} has a risk difference with half an event added to each of its four cells, not adjusted. "
        if differences
        else ""
    )
    lacking = (
        f"{side}{' has no risk ratio' if differences else ''}, and one in which treatment and adjusters separate people with the event "
        "from all others no such effect, with a standard error"
        if ratios and differences
        else f"{side}, or in which treatment and adjusters separate people with the event from all others, has no such effect with a "
        "standard error"
        if ratios
        else "One in which treatment and adjusters separate people with the event from all others has no such effect with a standard error"
    )
    none_added = ", and no half events are added" if ratios and not differences else ""
    return (
        f"{halves}{lacking}: it is left out, with the reason{none_added}. Moderators and searches for subgroups act on the odds ratio, whatever the measure of the pooled effect.",
    )


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
        yield _absolute(kind, [True], alone=True)
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
    yield _absolute(kind, [True])
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


def _absolute(kind: str, ratios: Sequence[bool], *, alone: bool = False) -> Inline:
    """Return how effects were made absolute.

    Parameters
    ----------
    kind : {'binary', 'count'}
    ratios : sequence of bool
        Of the measures of the effects, whether each is a ratio.
    alone : bool
        Whether each effect is one trial's own.
    """
    risk = "risk" if kind == "binary" else "rate"
    needed = (
        " The number needed to treat is one over the risk difference; where its interval holds no difference, it passes through infinity."
        if kind == "binary"
        else ""
    )
    own = " A risk difference and its interval are given per thousand as they are." if False in ratios else ""
    pooled = ", pooled by a model of these groups alone with a random intercept"
    groups = "control group of the trial" if alone else f"control groups{pooled}"
    if True not in ratios:
        return (f"The {risk} of the controls is that in the {groups}.{own}{needed}",)
    return (
        f"What a ratio means for a thousand people was worked out from the {risk} in the {groups}: "
        f"the difference is what the ratio makes of that {risk}, and the ends of its interval are what the ends "
        f"of the interval of the ratio make of it, the {risk} taken as known.{own}{needed}",
    )
