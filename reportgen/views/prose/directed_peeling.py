"""The methods of a directed peeling in prose.

In: the record. Out: paragraphs; every option of the study file has its wording here.
"""

from __future__ import annotations

from collections.abc import Iterator

from reportgen.records.effect_scale import EffectScale
from reportgen.records.numbers import Inline, Number
from reportgen.records.peeling import DirectedPeeling, PeelingSettings
from reportgen.tables.adjusters import Fits, fits_of, peeling_fits
from reportgen.tables.phrases import counted
from reportgen.views.prose.draws import drawn_in, draws_in_words
from reportgen.views.prose.models import (
    OF_SEARCH,
    SEARCH_TREATMENT,
    adjusted_for,
    adjusters_lost,
    degrees_of_freedom,
    enough_events,
    on_log_scale,
    one_null_model,
    one_trial,
    overdispersed,
    own_slopes,
    planned_only,
    screened_first,
    suppressed_sentence,
    without_sites,
)

OBJECTIVE = {
    "interaction": "the statistic of the interaction of treatment with being inside, in one model of all participants; while too few participants are outside for that, the effect inside minus the effect in all participants, divided by the standard error of the effect inside",
    "effect": "the statistic of the treatment effect inside",
}
INFORMATION = {
    "within": " The interaction uses information from within trials only.",
    "pooled": " The interaction uses information from within and from between trials.",
}


def peeling_methods(record: DirectedPeeling) -> Iterator[Inline]:
    """Yield the paragraphs on a directed peeling.

    Parameters
    ----------
    record : DirectedPeeling
    """
    settings, fits = record.settings, fits_of(record, peeling_fits)
    scales = tuple(dict.fromkeys(result.scale for result in record.results))
    ratios = [scale for scale in scales if scale.is_ratio]
    linear = len(ratios) < len(scales) or not scales
    if not any(result.boxes for result in record.results):
        yield planned_only("No subgroup could be peeled")
    yield _search(settings, fits, linear=linear)
    if ratios:
        yield _of_events(ratios, fits, settings, linear=linear)
    yield from without_sites((result.sites for result in record.results), OF_SEARCH)
    yield from adjusters_lost(record.name, settings.adjust_for, fits, [result.excluded for result in record.results])
    yield _beam(settings)
    yield from _directions(record)
    yield _moderators(record)
    yield (
        "The effects inside a subgroup, outside it and in all participants are estimated in separate models, "
        f"{degrees_of_freedom(settings.treatment_effect, scales)}. Directed peeling describes which participants benefit most at each size; it is not a hypothesis test. The best of many subgroups appears better than it is, and neither effects nor intervals are corrected for the search"
        f"{' unless stated' if drawn_in(record.results) else ''}.",
    )
    yield from draws_in_words(record.results)
    yield from on_log_scale(result.scale for result in record.results)
    yield from suppressed_sentence(record.suppression, "subgroups of all sizes that were found")


def _search(settings: PeelingSettings, fits: Fits, *, linear: bool) -> Inline:
    adjusted = adjusted_for(settings.adjust_for, fits)
    of_each = "In models with an interaction, each"
    slopes = own_slopes(settings.adjuster_slopes, adjusted, "the moderator or subgroup", of_each)
    item = one_trial(settings.min_trials, settings.treatment_effect)
    sought: Inline = (
        "For every proportion of the participants, from all down to ",
        settings.min_fraction,
        "%, the best subgroup was sought by adaptive refinement by directed peeling: participants within one limit of each moderator, each limit excluding the side that benefits less.",
    )
    if not linear:
        return sought
    return (
        *sought,
        f" Subgroups are ranked by {OBJECTIVE[settings.objective]}. "
        f"Models have an intercept for each trial and {SEARCH_TREATMENT[settings.treatment_effect]}",
        *adjusted,
        f".{INFORMATION[settings.information]}{slopes}{item}",
    )


def _of_events(ratios: list[EffectScale], fits: Fits, settings: PeelingSettings, *, linear: bool) -> Inline:
    """How a subgroup of events is compared."""
    begin = "For events, subgroups" if linear else "Subgroups"
    return (
        f"{begin} are ranked by the statistic of the interaction of treatment with being inside, in one model of all participants, on the scale of "
        "log ratios; one that leaves too few participants or events outside for that has no place. ",
        *one_null_model(ratios, "subgroup", settings.treatment_effect, adjusted_for(settings.adjust_for, fits)),
        f"{overdispersed(ratios)}.{INFORMATION[settings.information]} The step decides, in the data and in random draws alike, which change the signs of the working "
        "residuals of that fit; effects inside and outside come from models fitted anew, and their ratio from one with the terms of that model as "
        "well, but in draws all come from the step.",
    )


def _beam(settings: PeelingSettings) -> Inline:
    least: Inline = ("at least ", *settings.min_size, ", ") if settings.min_size else ()
    return (
        "A subgroup is obtained from a larger one by moving one limit inwards, by as few values as are needed to remove at least ",
        settings.alpha,
        "% of its participants. Sizes are processed from large to small in steps of ",
        settings.bin_width,
        "% of the participants, and ",
        *_peeled_on(settings.beam),
        "; subgroups of neighbouring sizes need not be nested. A subgroup needs ",
        *least,
        *counted(settings.min_arm, "person", "people"),
        " in each arm, and ",
        *counted(settings.min_trials, "trial"),
        " with both arms",
        *enough_events(settings.min_events),
        ".",
    )


def _peeled_on(beam: Number) -> Inline:
    if beam.value == 1:
        return ("the best subgroup of each step is peeled further",)
    return ("the ", beam, " best subgroups of each step are peeled further")


def _directions(record: DirectedPeeling) -> Iterator[Inline]:
    """Say where the directions come from: what was really done, over all outcomes."""
    known = {moderator.declared for peeling in record.results for moderator in peeling.moderators}
    found = "taken from the sign of its interaction with treatment, centred within trials, in the same participants"
    if known == {True}:
        yield ("The direction of benefit along each moderator was specified in the study file.",)
    elif known == {False}:
        yield (f"The direction of benefit along each moderator is {found}.",)
    elif known:
        yield (
            "The direction of benefit was specified in the study file for some moderators, and for the others it is "
            f"{found}; the notes of each table specify which.",
        )


def _moderators(record: DirectedPeeling) -> Inline:
    lost = any(result.not_peeled for result in record.results)
    return (
        *screened_first(record.settings, record.results),
        "Participants with a value for every peeled moderator were analysed. Moderators with three or fewer values, unordered categories, and moderators that would leave too few trials are not peeled"
        f"{'; they are named in the notes of each table' if lost else ''}.",
    )
