"""The methods of a recursive partitioning in prose: every option of the study file has its wording here.

In: the record of the search. Out: paragraphs for the methods, and one sentence for the notes below a figure.
"""

from __future__ import annotations

from collections.abc import Iterator

from reportgen.records.effect_scale import EffectScale, shared
from reportgen.records.numbers import Inline, Number
from reportgen.records.partition import RecursivePartitioning, SearchSettings
from reportgen.tables.adjusters import Fits, fits_of, search_fits
from reportgen.tables.phrases import counted, joined
from reportgen.views.prose.draws import NOT_CORRECTED, drawn_in, draws_in_words
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

CRITERION = {
    "interaction": "the p value of the interaction of treatment with the split, from a mixed model of all participants in the node",
    "differential": "the difference between the treatment statistics of the two sides, each fitted separately",
    "maximum": "the larger of the treatment statistics of the two sides, each fitted separately",
    "directional": "the treatment statistics of the two sides, each fitted separately: they must differ, and one of them must "
    "favour treatment",
}
SHORT_CRITERION = {
    "interaction": "interaction of treatment with the split",
    "differential": "difference between the treatment statistics of the two sides",
    "maximum": "the larger treatment statistic of the two sides",
    "directional": "treatment statistics of the two sides that differ, with one in favour of treatment",
}
MULTIPLICITY = {
    "sidak-modified": "for the number of cuts of its moderator by Šidák's formula with an effective number of cuts, as neighbouring cuts divide nearly the same participants",
    "sidak": "for the number of cuts of its moderator by Šidák's formula",
    "none": "",
}
SHORT_MULTIPLICITY = {
    "sidak-modified": "p adjusted for the effective number of cuts",
    "sidak": "p adjusted for the number of cuts",
    "none": "p not adjusted for the number of cuts",
}
INFORMATION = {
    "pooled": "The interaction uses information from within and from between trials",
    "within": "The interaction uses information from within trials only",
}
SORTED_OUT = ", those that the screening sorted out included"
FILLED = (
    " A missing value of a moderator is the mean of its trial in these models; its own splits are tried without it."
)
MISSING = {
    "complete": "Participants with a value for every moderator of the search were analysed",
    "available": "Each moderator was tried in the participants with a value for it; a participant without a value is on neither side of its split",
}


def settings_in_words(settings: SearchSettings) -> Inline:
    """Return how subgroups were searched for, in one sentence for the notes below a figure.

    Parameters
    ----------
    settings : SearchSettings
    """
    adjusted = settings.multiplicity != "none"
    across = {True: " and of moderators", False: "; p adjusted for the number of moderators"}[adjusted]
    across += SORTED_OUT if settings.count_screened else ""
    return (
        f"Search: {SHORT_CRITERION[settings.criterion]}",
        ", within trials only" if settings.information == "within" and settings.criterion == "interaction" else "",
        f"; {SHORT_MULTIPLICITY[settings.multiplicity]}",
        across if settings.across == "sidak" else "",
        *_kept_briefly(settings),
        "; at most ",
        *counted(settings.depth, "condition"),
        " and ",
        *counted(settings.width, "split"),
        " of a node; on both sides of a split ",
        *settings.min_size,
        ", ",
        *counted(settings.min_arm, "person", "people"),
        " in each arm and ",
        *counted(settings.min_trials, "trial"),
        " with both arms",
        *enough_events(settings.min_events),
        ".",
    )


def _kept_briefly(settings: SearchSettings) -> Inline:
    if settings.criterion == "interaction":
        return ("; kept at p\u00a0≤\u00a0", settings.alpha)
    kept = _gamma("; kept where the p value of the subgroup is at most ", settings.gamma, " times that of its node")
    return kept or ("; all of them kept",)


def _gamma(before: str, gamma: tuple[Number, ...], after: str) -> Inline:
    return (before, *joined([(value,) for value in gamma], ", "), after) if gamma else ()


def partition_methods(record: RecursivePartitioning) -> Iterator[Inline]:
    """Yield the paragraphs on a recursive partitioning.

    Parameters
    ----------
    record : RecursivePartitioning
    """
    settings, fits = record.settings, fits_of(record, search_fits)
    scales = tuple(dict.fromkeys(search.scale for search in record.results))
    between = shared(scales).between
    ratios = [scale for scale in scales if scale.is_ratio]
    linear = len(ratios) < len(scales) or not scales
    if not any(search.tree for search in record.results):
        yield planned_only("No search was possible")
    yield _search(settings, fits, linear=linear)
    if ratios:
        yield _of_events(ratios, fits, settings, linear=linear)
    yield from without_sites((search.sites for search in record.results), OF_SEARCH)
    yield from adjusters_lost(record.name, settings.adjust_for, fits, [search.excluded for search in record.results])
    yield _choice(settings)
    yield _limits(settings)
    yield _moderators(record)
    yield (
        "For each subgroup, the effects inside it, on the other side of its last split and in all other participants are estimated in separate models of these participants alone, "
        f"{degrees_of_freedom(settings.treatment_effect, scales)}. Their {between} is therefore not exactly the {between} that was tested. Each subgroup is accompanied by p of its last split in a model whose interaction varies between trials, which asks whether the {between} may be expected in new trials. A subgroup "
        f"found by searching appears better than it is{NOT_CORRECTED if not drawn_in(record.results) else '.'}",
    )
    yield from draws_in_words(record.results)
    yield from on_log_scale(search.scale for search in record.results)
    yield from suppressed_sentence(record.suppression, "cuts that were tried")


def _search(settings: SearchSettings, fits: Fits, *, linear: bool) -> Inline:
    adjusted = adjusted_for(settings.adjust_for, fits)
    slopes = own_slopes(settings.adjuster_slopes, adjusted, "the split")
    sought: Inline = (
        "Subgroups were sought by recursive partitioning with mixed models (IPD-SIDES). In each node, every moderator is split in two at each of its values, or at ",
        *counted(settings.max_cuts, "quantile"),
        " where it has more (unordered levels: in every possible way)",
    )
    if not linear:
        return (*sought, ".")
    return (
        *sought,
        f"; a cut is evaluated by {CRITERION[settings.criterion]}, with an intercept for each trial "
        f"and {SEARCH_TREATMENT[settings.treatment_effect]}",
        *adjusted,
        f". {INFORMATION[settings.information]}.{slopes}" if settings.criterion == "interaction" else ".",
        one_trial(settings.min_trials, settings.treatment_effect),
    )


def _of_events(ratios: list[EffectScale], fits: Fits, settings: SearchSettings, *, linear: bool) -> Inline:
    """How a split of events is evaluated."""
    begin = "For events, a cut" if linear else "A cut"
    return (
        f"{begin} is evaluated by the p value of the interaction of treatment with the split on the scale of log ratios. ",
        *one_null_model(ratios, "split", settings.treatment_effect, adjusted_for(settings.adjust_for, fits)),
        f" and a normal reference{overdispersed(ratios)}. {INFORMATION[settings.information]}. The step decides what is kept, in the data and in random draws alike, "
        "which change the signs of the working residuals of that fit; effects in subgroups come from models fitted anew, and the ratio between "
        "both sides of a split that was kept from one with the terms of that model as well; p of its interaction compares the likelihoods "
        "of that model and of one without the interaction.",
        FILLED if settings.missing == "available" else "",
    )


def _choice(settings: SearchSettings) -> Inline:
    how = MULTIPLICITY[settings.multiplicity]
    across = "for the number of moderators of the node" if settings.across == "sidak" else ""
    across += SORTED_OUT if across and settings.count_screened else ""
    adjustments = ", and then ".join(part for part in (how, across) if part)
    sentence = f" Its p value is adjusted {adjustments}." if adjustments else " Its p value is not adjusted."
    return (
        f"Each moderator contributes its best cut.{sentence} ",
        *_looked_at(settings.width),
        *_kept(settings),
        " The subgroup is the side with the larger effect",
        *_in_its_turn(settings.depth),
        *_several(settings),
    )


def _several(settings: SearchSettings) -> Inline:
    if (settings.width.value or 0) <= 1:
        return ()
    several = " Several subgroups may be found, and they may overlap."
    if settings.near is None:
        return (several,)
    return (
        f"{several} Of subgroups of nearly the same people (Jaccard index, those in both divided by those in either, of at least ",
        settings.near,
        "), the strongest is the finding, and the others are listed as its variants.",
    )


def _in_its_turn(depth: Number) -> Inline:
    if depth.value == 1:
        return (", and is not divided again.",)
    return (", and is searched in turn, up to ", depth, " conditions; each moderator is used once.")


def _looked_at(width: Number) -> Inline:
    if width.value == 1:
        return ("The moderator with the smallest p value is considered",)
    return ("The ", width, " moderators with the smallest p values are considered")


def _kept(settings: SearchSettings) -> Inline:
    if settings.criterion == "interaction":
        return ("; a split is kept if its adjusted p value is at most ", settings.alpha, ".")
    kept = _gamma(
        "; a split is kept if the one-sided p value of treatment in the subgroup is at most ",
        settings.gamma,
        " times that in its node.",
    )
    return kept or ("; each of them is kept.",)


def _limits(settings: SearchSettings) -> Inline:
    return (
        "Both sides of a split need ",
        *settings.min_size,
        ", ",
        *counted(settings.min_arm, "person", "people"),
        " in each arm, and ",
        *counted(settings.min_trials, "trial"),
        " with both arms",
        *enough_events(settings.min_events),
        ".",
    )


def _moderators(record: RecursivePartitioning) -> Inline:
    return (
        *screened_first(record.settings, record.results),
        f"{MISSING[record.settings.missing]}; a moderator that would leave too few trials is not searched, and the reason is given.",
    )
