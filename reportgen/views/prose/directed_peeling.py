"""The methods of a directed peeling in prose.

In: the record. Out: paragraphs; every option of the study file has its wording here.
"""

from __future__ import annotations

from collections.abc import Iterator

from reportgen.records.numbers import Inline, Number
from reportgen.records.peeling import DirectedPeeling, PeelingSettings
from reportgen.tables.adjusters import Fits, fits_of, peeling_fits
from reportgen.tables.phrases import counted
from reportgen.views.prose.draws import drawn_in, draws_in_words
from reportgen.views.prose.models import (
    SEARCH_TREATMENT,
    adjusted_for,
    adjusters_lost,
    kenward_roger,
    on_log_scale,
    one_trial,
    own_slopes,
    planned_only,
    screened_first,
    suppressed_sentence,
)

OBJECTIVE = {
    "interaction": "the statistic of the interaction of treatment with being inside, in one model of everybody; as long as too "
    "few people are outside for that, the effect inside minus the effect in everybody, over the standard error of the effect "
    "inside",
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
    if not any(result.boxes for result in record.results):
        yield planned_only("No subgroup could be peeled")
    yield _search(settings, fits)
    yield from adjusters_lost(record.name, settings.adjust_for, fits, [result.excluded for result in record.results])
    yield _beam(settings)
    yield from _directions(record)
    yield _moderators(record)
    yield (
        "The effect inside a subgroup, that outside, and the one in everybody are estimated in separate models, "
        f"{kenward_roger(settings.treatment_effect)}. Directed peeling describes which people "
        "gain most at each size; it tests nothing. The best of many subgroups looks better than it is, and neither effects nor "
        f"intervals are corrected for the search{' unless it is said' if drawn_in(record.results) else ''}.",
    )
    yield from draws_in_words(record.results)
    yield from on_log_scale(result.scale for result in record.results)
    yield from suppressed_sentence(record.suppression, "subgroups of all sizes that were found")


def _search(settings: PeelingSettings, fits: Fits) -> Inline:
    adjusted = adjusted_for(settings.adjust_for, fits)
    of_each = "In models with an interaction, each"
    slopes = own_slopes(settings.adjuster_slopes, adjusted, "the moderator or subgroup", of_each)
    item = one_trial(settings.min_trials, settings.treatment_effect)
    return (
        "For every share of the participants, from all down to ",
        settings.min_fraction,
        "%, the best subgroup was searched for by adaptive refinement by directed peeling: people within one limit of each "
        f"moderator, each limit on the side of those who gain less. A subgroup is judged by {OBJECTIVE[settings.objective]}. "
        f"Models have an intercept for each trial and {SEARCH_TREATMENT[settings.treatment_effect]}",
        *adjusted,
        f".{INFORMATION[settings.information]}{slopes}{item}",
    )


def _beam(settings: PeelingSettings) -> Inline:
    least: Inline = ("at least ", *settings.min_size, ", ") if settings.min_size else ()
    return (
        "A subgroup is made from a larger one by moving one limit inwards, by as few values as remove at least ",
        settings.alpha,
        "% of its people. Sizes are worked from large to small in steps of ",
        settings.bin_width,
        "% of the participants, and ",
        *_peeled_on(settings.beam),
        "; the subgroups of neighbouring sizes need not lie within each other. A subgroup needs ",
        *least,
        *counted(settings.min_arm, "person", "people"),
        " in each arm, and ",
        *counted(settings.min_trials, "trial"),
        " with both arms.",
    )


def _peeled_on(beam: Number) -> Inline:
    if beam.value == 1:
        return ("the best subgroup of each step is peeled on",)
    return ("the ", beam, " best subgroups of each step are peeled on")


def _directions(record: DirectedPeeling) -> Iterator[Inline]:
    """Say where the directions come from: what was really done, over all outcomes."""
    known = {moderator.declared for peeling in record.results for moderator in peeling.moderators}
    found = "taken from the sign of its interaction with treatment, centred within trials, in the same people"
    if known == {True}:
        yield ("Who gains more along each moderator was declared in the study file.",)
    elif known == {False}:
        yield (f"Who gains more along each moderator is {found}.",)
    elif known:
        yield (
            "Who gains more along a moderator was declared in the study file for some, and for the others it is "
            f"{found}; the notes of each table say which.",
        )


def _moderators(record: DirectedPeeling) -> Inline:
    lost = any(result.not_peeled for result in record.results)
    return (
        *screened_first(record.settings),
        "Participants with a value of every moderator that is peeled entered. Moderators with three values or fewer, categories "
        "without an order, and moderators that would leave too few trials are not peeled"
        f"{'; the notes of each table name them' if lost else ''}.",
    )
