"""The methods of a screening of moderators in prose, written from what was fitted."""

from __future__ import annotations

from collections.abc import Iterator

from reportgen.records.model import REGRESSIONS
from reportgen.records.moderation import Moderation, Screen, ScreeningSettings
from reportgen.records.numbers import Inline
from reportgen.records.sites import Sites
from reportgen.tables.adjusters import Fits, fits_of, screen_fits
from reportgen.tables.phrases import counted, enumerated, percentiles
from reportgen.views.prose.events import MODEL
from reportgen.views.prose.models import (
    INFERENCE,
    adjusted_for,
    adjusters_lost,
    on_log_scale,
    one_trial,
    own_slopes,
    random_sites,
    without_sites,
)

DF_FLOOR = {
    "random": "; degrees of freedom are never allowed below the number of trials that tell something of the interaction, minus one",
    "common": "; where the treatment effect is random, degrees of freedom are never allowed below the number of trials minus one",
}
INTERACTION = {
    "random": ", which varies at random between trials (centred at the mean of the moderator in each trial)",
    "common": "",
}
TESTED = {
    "random": "The second was tested; the p value of the first stands beside it.",
    "common": "The first was tested; the p value of the second stands beside it.",
}
RESIDUAL = {
    "common": "",
    "by-trial": " Each trial had its own residual variance.",
    "by-arm": " Each side of the comparison had a residual variance of its own.",
}
READING = {
    "within": "The within-trial reading was tested.",
    "naive": "The naive reading was tested, which combines differences within and between trials.",
}

TELLING = {
    "within": " in which it varies on both sides: only such trials inform the interaction within trials, and they and their participants are counted beside it; others stay in the model because they inform the adjusters",
    "naive": "",
}
EFFECT_AT = {
    "within": "The effect at a value of a moderator is that in a trial whose participants are, on average, like all participants analysed: it varies with the interaction within trials only. ",
    "naive": "The effect at a value of a moderator is taken from the naive model and varies with its interaction. ",
}
BY_TRIAL = (
    "Each interaction was also estimated in each trial separately, by {} with the moderator and its product with "
    "treatment, and the estimates of the trials were pooled in two stages, by restricted maximum likelihood with guarded "
    "Hartung–Knapp–Sidik–Jonkman intervals, with Cochran’s Q, I² and τ²: only information within trials enters (the “deft” "
    "approach of Fisher and colleagues). Each level was compared with the reference level separately, in the trials that have both "
    "levels in both arms."
)
CONSISTENT: Inline = (
    "Also given are effects that are consistent with the interaction within trials, from the model of the within-trial reading "
    "without the means of trials: they differ by its interaction alone, and those in levels average to its overall effect. For levels, "
    "the effect in a model of the participants with that level alone is given as well.",
)

QUASI = " Variances within trials are multiplied by Pearson’s dispersion where that exceeds one (quasi-Poisson)."


def screening_methods(record: Moderation) -> Iterator[Inline]:
    """Yield the paragraphs of one screening."""
    settings, fits = record.settings, fits_of(record, screen_fits)
    kinds = {screen.kind for screen in record.results} or {"continuous"}
    if "continuous" in kinds:
        yield _model(settings, _of_kind("continuous", record), random_sites(_sites(record, events=False)))
    for kind in sorted(kinds - {"continuous"}):
        yield _event_model(kind, settings, _of_kind(kind, record))
    yield from without_sites(_sites(record, events=True), "Models of events do")
    yield from _other_measures(record)
    excluded = [screen.without_adjuster for screen in record.results]
    yield from adjusters_lost(record.name, settings.adjust_for, fits, excluded)
    yield _readings(settings)
    yield _scatter(settings)
    if "continuous" in kinds:
        yield _uncertainty(settings)
    if kinds != {"continuous"}:
        yield _event_uncertainty(settings, alone="continuous" not in kinds)
    yield from on_log_scale(screen.scale for screen in record.results)
    yield _tiers(record)
    yield from _of_trials(record)
    yield from _min_p(record)
    if any(interaction.by_trial for screen in record.results for interaction in screen.interactions):
        unknown = " These estimates do not take account of sites." if any(_sites(record, events=False)) else ""
        yield (BY_TRIAL.format(" or ".join(REGRESSIONS[kind] for kind in REGRESSIONS if kind in kinds)) + unknown,)
    yield _values(settings)
    if any(interaction.level_effects for screen in record.results for interaction in screen.interactions):
        yield CONSISTENT


def _of_kind(kind: str, record: Moderation) -> Fits:
    """Return the fits of the outcomes of one kind."""

    def each(screen: Screen, title: Inline) -> Fits:
        return screen_fits(screen, title) if screen.kind == kind else []

    return fits_of(record, each)


def _sites(record: Moderation, *, events: bool) -> list[Sites | None]:
    """Return the sites within trials of the outcomes that are events, or that are none."""
    return [screen.sites for screen in record.results if (screen.kind != "continuous") is events]


def _event_model(kind: str, settings: ScreeningSettings, fits: Fits) -> Inline:
    outcome, family, ratio, _ = MODEL[kind]
    effect = {"random": "varies at random between trials", "common": "is common to all trials"}[
        settings.treatment_effect
    ]
    estimation = (
        "by maximum likelihood with Laplace’s approximation where the interaction varies between trials, and else with adaptive "
        "Gauss–Hermite quadrature of seven nodes"
    )
    return (
        f"For {outcome}, each moderator was screened separately by one {family} mixed model of the participants of all trials, with "
        f"an intercept for each trial, a {ratio} of treatment that {effect}, the moderator and its interaction with treatment"
        f"{INTERACTION[settings.interaction_effect]}",
        *adjusted_for(settings.adjust_for, fits),
        f", with slopes common to all trials, {estimation}. An interaction is the ratio of two ratios. Trials in which nobody, or "
        f"everybody, has the event are left out.{QUASI if kind == 'count' else ''}",
    )


def _other_measures(record: Moderation) -> Iterator[Inline]:
    """Yield which outcomes have interactions of odds ratios though their pooled effects are of another measure."""
    labels = {screen.outcome: screen.outcome_label for screen in record.results if screen.pooled}
    if labels:
        measures = dict.fromkeys(screen.pooled for screen in record.results if screen.pooled)
        yield (
            "Moderators act on the odds ratio of ",
            *enumerated([(label,) for label in labels.values()]),
            f" as well, whose pooled effect is given as the {' or the '.join(measures)}: an interaction on one scale need not be one "
            "on the other.",
        )


def _event_uncertainty(settings: ScreeningSettings, *, alone: bool) -> Inline:
    level: Inline = (" Confidence intervals have a level of ", settings.level, "%.") if alone else ()
    if settings.inference == "normal":
        return ("Intervals and p values of ratios use the normal distribution.", *level)
    return (
        "Of ratios, an interaction that varies between trials is tested by the t distribution with one degree of freedom fewer than "
        "trials that tell something of it, a common one by the normal distribution.",
        *level,
    )


def _model(settings: ScreeningSettings, fits: Fits, sites: str) -> Inline:
    effect = {"random": "varies at random between trials", "common": "is common to all trials"}[
        settings.treatment_effect
    ]
    adjusted = adjusted_for(settings.adjust_for, fits)
    slopes = own_slopes(settings.adjuster_slopes, adjusted, "the moderator")
    return (
        "Each moderator was screened separately: for each outcome, follow-up and comparison, one linear mixed model of the "
        f"participants of all trials, with an intercept for each trial, a treatment effect that {effect}, the moderator "
        f"and its interaction with treatment{INTERACTION[settings.interaction_effect]}",
        *adjusted,
        f".{slopes}{sites}{RESIDUAL[settings.residual]} A moderator that the model adjusts for enters once. Participants without a value of a moderator are left out of "
        "the model of that moderator only, and a moderator needs ",
        settings.minimum_trials,
        " trial" if settings.minimum_trials.value == 1 else " trials",
        f" with participants on both sides{TELLING[settings.reading]}.{one_trial(settings.minimum_trials, settings.treatment_effect)} Quantities were not categorised for the test; levels are compared with a reference level and tested jointly.",
    )


def _readings(settings: ScreeningSettings) -> Inline:
    return (
        "The moderator was centred at its mean in each trial, and the product of treatment with those means was included in the model, which separates the interaction within trials from differences across trials, which are open to ecological bias. Where the across-trial reading cannot be estimated, for lack of trials or of differences between their means, each trial has its own treatment effect instead. The naive reading, without centring, is given alongside. "
        f"{READING[settings.reading]}",
    )


def _scatter(settings: ScreeningSettings) -> Inline:
    beside = "The p values of both stand beside the reading that was tested."
    tested = beside if settings.reading == "naive" else TESTED[settings.interaction_effect]
    return (
        "The interaction within trials was fitted twice: common to the trials, which asks whether it exists in these trials, and "
        "varying at random between them, which asks whether it may be expected in new trials and gives its standard deviation "
        f"between trials, τ; where interactions merely vary between trials by chance, the first model finds one too often. {tested}",
    )


def _uncertainty(settings: ScreeningSettings) -> Inline:
    varying = "random" in (settings.treatment_effect, settings.interaction_effect)
    floored = settings.inference != "normal" and settings.df_floor != "none" and varying
    floor = DF_FLOOR[settings.interaction_effect] if floored else ""
    return (f"{INFERENCE[settings.inference]}{floor}. Confidence intervals have a level of ", settings.level, "%.")


def _tiers(record: Moderation) -> Inline:
    settings = record.settings
    return (
        "Interactions with a two-sided p below ",
        settings.significant,
        " are called significant, others below ",
        settings.weak,
        " weak. ",
        *_found(record),
        " Each p value is accompanied by those adjusted by the methods of Holm and of Benjamini and Hochberg for the number of moderators tested for the same outcome, follow-up and comparison.",
    )


BY_A_STEP = (
    " Of events, the draws are working residuals of one model of each outcome, p of data and draws that are compared are those of one "
    "weighted least-squares step from it, and the min-p is at least p itself."
)


def _of_trials(record: Moderation) -> Iterator[Inline]:
    """Yield how moderators that are one value of each trial were analysed; nothing where there are none."""
    found = {
        item.moderator: (item.label,) for screen in record.results for item in screen.interactions if item.of_trials
    }
    if not found:
        return
    one = len(found) == 1
    effect = {
        "random": "a treatment effect that varies at random between trials",
        "common": "one treatment effect common to all trials",
    }[record.settings.treatment_effect]
    drawn = any(screen.flips is not None for screen in record.results)
    yield (
        *enumerated(list(found.values())),
        f" {'has' if one else 'have'} one value in each trial, and {'its' if one else 'their'} interaction with treatment was estimated "
        f"across trials: a meta-regression within the one-step model, with an intercept for each trial, {effect} and the product of "
        "treatment with the value of the trial. It needs two trials more than it has coefficients, its degrees of freedom are about (where "
        "they have a floor, at least) the number of trials minus one and these coefficients, and there is no reading within trials. It "
        "compares trials, not participants, who were not randomised to them: other differences between trials may explain it, and it need "
        f"not hold for the participants of a trial.{' It is not adjusted by random draws.' if drawn else ''}",
    )


def _min_p(record: Moderation) -> Iterator[Inline]:
    """Yield how p is adjusted by random draws; nothing where nothing was drawn."""
    flips = [screen.flips for screen in record.results if screen.flips is not None]
    if flips:
        sites = (
            " The models of draws do not take account of sites, between which random signs leave no correlation."
            if any(_sites(record, events=False))
            else ""
        )
        varying = "; its adjusted p is at least p itself, since interactions do not vary between trials in the draws"
        yield (
            "Each screening was repeated in ",
            *counted(flips[0], "draw"),
            " without effect modification: the fitted values of a model with all moderators and one treatment effect per trial, plus "
            "its residuals with random signs, the same for all outcomes of a participant. The min-p of an interaction is the "
            "proportion of these screenings, counting the observed data among them, whose smallest p is at least as small: among the "
            "moderators of its outcome, and among those of all outcomes of its comparison"
            f"{varying if record.settings.interaction_effect == 'random' else ''}.{sites}",
            BY_A_STEP if any(screen.kind != "continuous" for screen in record.results) else "",
        )


def _found(record: Moderation) -> Inline:
    if not record.tested.value:
        return ("No interaction could be tested.",)
    return (
        "Of ",
        *counted(record.tested, "interaction"),
        " that could be tested, ",
        record.significant,
        " was" if record.significant.value == 1 else " were",
        " significant, where ",
        record.by_chance,
        " would be expected by chance without any effect modification, and ",
        record.weak,
        " weak.",
    )


def _values(settings: ScreeningSettings) -> Inline:
    listed = percentiles(settings.percentiles)
    quantities: Inline = (
        "For quantities it is given at the ",
        *listed,
        " of the participants analysed, for levels one by one.",
    )
    return (
        EFFECT_AT[settings.reading],
        *(quantities if listed else ("It is given for levels only, one by one.",)),
    )
