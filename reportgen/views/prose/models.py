"""What the methods of several analyses say in the same words: adjusters, inference, and where moderators come from.

In: settings of the records. Out: parts of sentences; an empty one where there is nothing to say.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from reportgen.records.derived import Derived
from reportgen.records.effect_scale import EffectScale
from reportgen.records.estimate import ExcludedParticipants, SuppressionNote
from reportgen.records.numbers import Inline, Number
from reportgen.records.partition import PartitionedOutcome, SearchSettings
from reportgen.records.peeling import PeeledOutcome, PeelingSettings
from reportgen.records.sites import Sites
from reportgen.tables.adjusters import Fits, adjuster_name, in_models, not_adjusted, without_adjuster
from reportgen.tables.phrases import counted, enumerated, joined

INFERENCE = {
    "kenward-roger": "Standard errors and degrees of freedom are those of Kenward and Roger",
    "satterthwaite": "Degrees of freedom are those of Satterthwaite",
    "normal": "Intervals and p values use the normal distribution",
}
SEARCH_TREATMENT = {
    "random": "a treatment effect that varies at random between trials",
    "common": "a common treatment effect",
}
FAMILY = {"odds ratio": "logistic", "rate ratio": "Poisson"}
OVERDISPERSED = "; of counts, variances here and in the models fitted anew are multiplied by Pearson’s dispersion where that exceeds one (quasi-Poisson)"
OF_SEARCH = "The search, any screening before it, its random draws and the effects in subgroups do"
FEW_PEOPLE = "trials with fewer than ten participants for each slope share theirs"


def own_slopes(adjuster_slopes: str, adjusted: Inline, what: str, each: str = "Each") -> str:
    """Return the sentence on slopes of each trial's own; an empty text where slopes are common to the trials.

    Parameters
    ----------
    adjuster_slopes : {'common', 'stratified'}
    adjusted : Inline
        What the models adjust for, in words; empty where that is nothing.
    what : str
        What has a slope besides the adjusters: "the moderator".
    each : str
        How the sentence begins, where that is not so in all models.

    Examples
    --------
    >>> own_slopes("stratified", (), "the split"), own_slopes("common", (), "the split")
    (' Each trial has a slope of its own of the split; trials with fewer than ten participants for each slope share theirs.', '')
    """
    if adjuster_slopes == "common":
        return ""
    slopes = f"slopes of its own of the adjusters and of {what}" if adjusted else f"a slope of its own of {what}"
    return f" {each} trial has {slopes}; {FEW_PEOPLE}."


def on_log_scale(scales: Iterable[EffectScale]) -> Iterator[Inline]:
    """Yield the paragraph on effects that are printed as ratios; nothing where there are none.

    Examples
    --------
    >>> list(on_log_scale([EffectScale("odds ratio", "odds ratio", "odds ratios", "log")] * 2))  # doctest: +ELLIPSIS
    [('Odds ratios were analysed as their natural logarithms and are printed as ratios; ...',)]
    """
    sentences = [scale.analysed for scale in dict.fromkeys(scales) if scale.analysed]
    if sentences:
        yield (" ".join(sentences),)


def random_sites(sites: Iterable[Sites | None], *, stratified: bool = True) -> str:
    """Return the sentences on sites within trials in linear mixed models; an empty text without sites.

    Parameters
    ----------
    sites : iterable of Sites or None
        Of each result.
    stratified : bool
        Whether each trial has an intercept of its own.
    """
    found = [item for item in sites if item is not None]
    if not found:
        return ""
    own = "; a trial with people of one site has it in its own intercept" if stratified else ""
    return f" Sites within trials have random intercepts with one variance for all trials{own}.{_unknown_sites(found)}"


def without_sites(sites: Iterable[Sites | None], what: str) -> Iterator[Inline]:
    """Yield the paragraph on models that do not know sites within trials; nothing without sites.

    Parameters
    ----------
    sites : iterable of Sites or None
        Of each result.
    what : str
        What does not know them, with its verb: "The search, its random draws and the effects in subgroups do".
    """
    if any(item is not None for item in sites):
        yield (f"{what} not take account of sites within trials.",)


def _unknown_sites(found: Iterable[Sites]) -> str:
    if not any(item.unknown for item in found):
        return ""
    return " Participants of a trial whose site is not known count as one further site of it."


def planned_only(nothing: str) -> Inline:
    """Return the sentence in front of the methods of an analysis that came to nothing."""
    return (f"{nothing}; the reasons are given in place of the results. The methods below are those planned.",)


def one_trial(minimum_trials: Number, treatment_effect: str) -> str:
    """Return the sentence on models of one trial, in which no effect can vary between trials; or an empty text."""
    if minimum_trials.value != 1 or treatment_effect != "random":
        return ""
    return " Where only one trial is analysed, the model includes no variation between trials."


def kenward_roger(treatment_effect: str) -> str:
    """Return how the effects in subgroups get their degrees of freedom; a common effect has no floor under them."""
    floor = ", never below the number of trials minus one" if treatment_effect == "random" else ""
    return f"with the degrees of freedom of Kenward and Roger{floor}"


def degrees_of_freedom(treatment_effect: str, scales: Iterable[EffectScale]) -> str:
    """Return how the effects in subgroups get their intervals, by the kinds of the outcomes.

    Examples
    --------
    >>> degrees_of_freedom("random", [EffectScale("odds ratio", "odds ratio", "odds ratios", "log")])
    'with the t distribution with trials minus one degrees of freedom'
    """
    kinds = {scale.is_ratio for scale in scales} or {False}
    of_events = "the t distribution with trials minus one degrees of freedom"
    of_events = f"with {of_events if treatment_effect == 'random' else 'the normal distribution'}"
    if kinds == {True}:
        return of_events
    linear = kenward_roger(treatment_effect)
    return linear if kinds == {False} else f"{linear}; of events {of_events}"


def one_null_model(ratios: Sequence[EffectScale], what: str, treatment_effect: str, adjusted: Inline) -> Inline:
    """Return the sentence on the model of events from which a search goes on; it ends open.

    Parameters
    ----------
    ratios : sequence of EffectScale
        Of the outcomes that are events.
    what : str
        What is compared: "split".
    treatment_effect : {'random', 'common'}
    adjusted : Inline
        What the model adjusts for, in words.
    """
    families = " or ".join(dict.fromkeys(FAMILY[scale.measure] for scale in ratios))
    return (
        f"One {families} mixed model without any {what} is fitted, with an intercept for each trial, all moderators of the search as linear "
        f"terms, common slopes and {SEARCH_TREATMENT[treatment_effect]}",
        *adjusted,
        f"; each {what} is one generalised least squares step from this fit, with its weights and its variance between trials held",
    )


def overdispersed(ratios: Iterable[EffectScale]) -> str:
    """Return what stands behind the model of a search where an outcome is a count; else an empty text."""
    return OVERDISPERSED if any(scale.measure == "rate ratio" for scale in ratios) else ""


def enough_events(least: Number | None) -> Inline:
    """Return how many people with an event, and without, groups need; nothing where no outcome is an event."""
    if least is None:
        return ()
    return (
        "; of events, in each arm ",
        *counted(least, "person", "people"),
        " with the event and, of a binary outcome, as many without",
    )


def adjusted_for(adjusters: Sequence[Number], fits: Fits = ()) -> Inline:
    """Return ", adjusted for the baseline value of the outcome, Age"; `baseline` is the value of the outcome itself.

    Parameters
    ----------
    adjusters : sequence of Number
        As the settings of a record name them.
    fits : sequence of (Inline, tuple of NotAdjusted)
        What was fitted: an adjuster that no model has is not named.
    """
    present = in_models(adjusters, fits)
    return (", adjusted for ", *enumerated(map(adjuster_name, present))) if present else ()


def adjusters_lost(
    name: str, adjusters: Sequence[Number], fits: Fits, excluded: Sequence[Sequence[ExcludedParticipants]]
) -> Iterator[Inline]:
    """Yield the paragraph on adjusters that models leave out, and on people who lack one; nothing where there is neither.

    Parameters
    ----------
    name : str
        Of the analysis.
    adjusters : sequence of Number
    fits : sequence of (Inline, tuple of NotAdjusted)
    excluded : sequence of sequence of ExcludedParticipants
        Who was left out of each fit.
    """
    counted = Derived("methods", f"analyses.{name}").at(name).prefix
    sentences = joined([*not_adjusted(fits), without_adjuster(counted, adjusters, excluded)], " ")
    if sentences:
        yield sentences


def screened_first(
    settings: SearchSettings | PeelingSettings, results: Sequence[PartitionedOutcome | PeeledOutcome]
) -> Inline:
    """Return the sentences on moderators that a screening chose, and on what its models would have chosen otherwise."""
    if settings.screened_by is None or settings.p_below is None:
        return ()
    return (
        "Each search uses the moderators whose interaction has p below ",
        settings.p_below,
        " in the analysis “",
        settings.screened_by,
        "”. ",
        *_by_a_step(results),
    )


def _by_a_step(results: Sequence[PartitionedOutcome | PeeledOutcome]) -> Inline:
    """What is said of searches of events: how they were screened, and where p of the models fitted anew differs from that."""
    if all(result.choice is None for result in results):
        return ()
    otherwise = [part for result in results for part in _otherwise(result)]
    agreed: Inline = (
        ("By p in that analysis the choice would have been different: ", *joined(otherwise, "; "), ". ")
        if otherwise
        else ("By p in that analysis the choice would have been the same. ",)
    )
    return (
        "Of events, p is that of one weighted least-squares step from one model with all these moderators and without effect "
        "modification, in the data as in random draws, which cannot fit every model anew; where interactions vary between "
        "trials, their variance is estimated by moments. ",
        *agreed,
    )


def _otherwise(result: PartitionedOutcome | PeeledOutcome) -> Iterator[Inline]:
    if result.choice is None or not (result.choice.more or result.choice.fewer):
        return
    parts = [
        (f"{word} ", *joined([(label,) for label in labels], ", "))
        for word, labels in (("without", result.choice.more), ("with", result.choice.fewer))
        if labels
    ]
    yield (result.outcome_label, " (", result.follow_up_label, ") ", *joined(parts, " and "))


def suppressed_sentence(suppression: SuppressionNote, what: str) -> Iterator[Inline]:
    """Yield the paragraph on what a search neither draws nor writes beside the report; nothing where that is nothing.

    Parameters
    ----------
    suppression : SuppressionNote
    what : str
        What is suppressed: "cuts that were tried".
    """
    if suppression.suppressed.value:
        yield (
            f"Of the {what}, ",
            suppression.suppressed,
            " is" if suppression.suppressed.value == 1 else " are",
            " neither drawn nor in the data files of this report: fewer than ",
            suppression.minimum_cell,
            " participants of an arm distinguish each of them from one that is, and these participants could be identified.",
        )
