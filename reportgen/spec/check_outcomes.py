"""What outcomes refer to: instruments that fit their kind, the events among levels, and analyses that can take them.

In: a study file whose parts are each well written. Out: problems with their places. What an outcome is analysed as depends on
its kind, and an analysis that cannot take one says so here, before any file is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from reportgen.errors import Problem
from reportgen.spec.analyses import Descriptive, Events, MetaAnalysis, Moderators, Pooled, Search
from reportgen.spec.check_instruments import places_of
from reportgen.spec.outcomes import Outcome, instruments_of, uses_of
from reportgen.spec.references import baseline_of, each_unknown, expanded, unknown
from reportgen.spec.source import Source, Step
from reportgen.spec.study import Study

# Options of a linear mixed model that one of events has not, with the value that says nothing.
LINEAR = {"intercept": "stratified", "covariance": "independent", "residual": "common"}
OF_MODERATORS = {"residual": "common"}
# Options of searches that those of events have not, with the value that they have, and why.
OF_SEARCHES = (
    ("criterion", "interaction", "splits of events are chosen by their interaction with treatment"),
    ("objective", "interaction", "subgroups of events are compared by the interaction of treatment with membership"),
    ("adjuster_slopes", "common", "trials' own slopes bias ratios in small trials"),
)


def check_outcomes(study: Study, source: Source) -> Iterator[Problem]:
    """Yield what is wrong with instruments, outcomes, and analyses of outcomes that these cannot take."""
    yield from _directions(study, source)
    for name, outcome in study.outcomes.items():
        yield from _instruments(name, outcome, study, source)
        if outcome.of_events:
            yield from _events(name, outcome, study, source)
    for name, analysis in study.analyses.items():
        if isinstance(analysis, Events):
            yield from _of_events(name, analysis, study, source)
        if isinstance(analysis, Pooled):
            yield from _kinds(name, analysis, study, source)
        yield from _baselines(name, analysis, study, source)


def _directions(study: Study, source: Source) -> Iterator[Problem]:
    """Measurements need a direction; events get theirs from the outcome."""
    for name, instrument in study.instruments.items():
        if instrument.better is None and not instrument.levels and not uses_of(name, study.outcomes):
            hint = (
                "Write `better: lower` or `better: higher`; of an instrument that is answered in words, its `levels`."
            )
            yield Problem(f"'{name}' does not say which values are better", source.at("instruments", name), hint)


def _instruments(name: str, outcome: Outcome, study: Study, source: Source) -> Iterator[Problem]:
    here = ("outcomes", name)
    if outcome.first_available:
        yield from each_unknown(
            "instrument", outcome.first_available, study.instruments, source, *here, "first_available"
        )
    else:
        key = (*here, "instrument") if outcome.instrument else here
        for problem in unknown("instrument", outcome.instrument or name, study.instruments, source, *key):
            other = "" if outcome.instrument else ", or name one with `instrument:`"
            yield replace(problem, hint=f"{problem.hint}\nDeclare it under `instruments`{other}.")
    for used, place in places_of(name, outcome, study):
        if study.instruments[used].levels and outcome.kind != "binary":
            hint = "Write `kind: binary` and name its `event`, or another instrument."
            message = f"'{used}' has levels, but the outcome is {_a(outcome.kind)}"
            yield Problem(message, source.at(*place), hint)
        elif study.instruments[used].range is None and outcome.range is not None:
            hint = f"Give `range:` of the instrument '{used}', which is needed to rescale it."
            several = bool(outcome.first_available)
            message = f"'{used}' has no range" if several else "the instrument has no range to rescale from"
            yield Problem(message, source.at(*(place if several else (*here, "range"))), hint)


def _a(kind: str) -> str:
    return "a count" if kind == "count" else kind


def _events(name: str, outcome: Outcome, study: Study, source: Source) -> Iterator[Problem]:
    here = ("outcomes", name)
    used = list(places_of(name, outcome, study))
    levels = tuple(dict.fromkeys(level for item, _ in used for level in study.instruments[item].levels))
    if levels:
        yield from each_unknown("level", outcome.event, levels, source, *here, "event")
    for instrument, place in used:
        if set(outcome.event) <= set(levels) or not study.instruments[instrument].levels:
            yield from _levels(name, outcome, instrument, study, source, *place)
    if used and outcome.good is None and len({study.instruments[item].better for item, _ in used} - {None}) != 1:
        hint = "Write `good: false` of an event such as a relapse, `good: true` of one such as a response."
        yield Problem("the outcome does not say whether its event is good", source.at(*here), hint)
    for instrument, _ in used:
        better = study.instruments[instrument].better
        if None not in (better, outcome.good) and (better == "higher") is not outcome.good:
            says = "is good" if outcome.good else "is not good"
            message = f"`good: {str(outcome.good).lower()}` says that the event {says}, and `better: {better}` of '{instrument}' the opposite"
            hint = "Remove `better` of the instrument, or correct one of the two."
            yield Problem(message, source.at(*here, "good"), hint)
    if outcome.exposure is not None:
        place = (*here, "exposure")
        yield from unknown("instrument", outcome.exposure, study.instruments, source, *place)
        if outcome.exposure in study.instruments and study.instruments[outcome.exposure].levels:
            message = f"'{outcome.exposure}' has levels, but an exposure is a number"
            yield Problem(message, source.at(*place), "Name an instrument that holds the time at risk.")
        if outcome.exposure in instruments_of(outcome, name):
            message = f"'{outcome.exposure}' is counted, and cannot be its own exposure"
            yield Problem(message, source.at(*place), "Name an instrument that holds the time at risk.")


def _levels(
    name: str, outcome: Outcome, instrument: str, study: Study, source: Source, *place: Step
) -> Iterator[Problem]:
    """Which levels of an instrument are the event: some, and not all of them."""
    if outcome.kind != "binary":
        return
    levels = study.instruments[instrument].levels
    if not levels:
        if outcome.event:
            hint = "Declare its `levels`, or remove `event`: 1 is the event then, and 0 is none."
            yield Problem(f"'{instrument}' has no levels, of which `event` could name one", source.at(*place), hint)
        return
    if not outcome.event:
        hint = f"Add `event:` with one or several of {', '.join(levels)}."
        yield Problem(f"which level of '{instrument}' is the event?", source.at(*place), hint)
    elif not set(levels) & set(outcome.event):
        hint = f"Add to `event` one or several of {', '.join(levels)}: each instrument has its own words for it."
        yield Problem(f"no level of '{instrument}' is the event", source.at(*place), hint)
    if outcome.event and set(levels) <= set(outcome.event):
        message = f"every level of '{instrument}' is the event, so that everybody has it"
        yield Problem(message, source.at("outcomes", name, "event"), "Leave out the levels of those without it.")


def _of_events(name: str, analysis: Events, study: Study, source: Source) -> Iterator[Problem]:
    """A table of events of outcomes that are none."""
    place = source.at("analyses", name, "outcomes")
    asked = analysis.asked(study)
    if not asked:
        hint = "Declare an outcome with `kind: binary` or `kind: count`, or remove the analysis."
        yield Problem("no outcome of the study is an event", source.at("analyses", name), hint)
    for item in asked:
        if item in study.outcomes and not study.outcomes[item].of_events:
            yield Problem(f"'{item}' is continuous and no event", place, "Remove it, or give the outcome its `kind`.")


def _kinds(name: str, analysis: Pooled, study: Study, source: Source) -> Iterator[Problem]:
    """Outcomes of a kind that an analysis cannot take, and options that their models do not have."""
    asked = [item for item in expanded(analysis.outcomes, study.outcomes) if item in study.outcomes]
    for item in asked:
        kind = study.outcomes[item].kind
        if kind not in analysis.kinds:
            rest = [other for other in asked if study.outcomes[other].kind in analysis.kinds]
            hint = f"Write `outcomes: [{', '.join(rest)}]`." if rest else "Remove the analysis."
            message = f"'{analysis.method}' takes {' and '.join(analysis.kinds)} outcomes, and '{item}' is {_a(kind)}"
            yield Problem(message, source.at("analyses", name, "outcomes"), hint)
    events = [item for item in asked if study.outcomes[item].of_events]
    if (
        isinstance(analysis, MetaAnalysis)
        and analysis.dispersion != "poisson"
        and not any(study.outcomes[item].kind == "count" for item in asked)
    ):
        hint = "Remove it, or analyse an outcome with `kind: count`."
        yield Problem(
            "`dispersion` does not apply: no outcome is a count", source.at("analyses", name, "dispersion"), hint
        )
    if isinstance(analysis, Search):
        yield from _searched(name, analysis, events, study, source)
    yield from _inference(name, analysis, asked, study, source)
    yield from _tau_interval(name, analysis, asked, study, source)
    if not events:
        return
    options = (
        LINEAR if isinstance(analysis, MetaAnalysis) else OF_MODERATORS if isinstance(analysis, Moderators) else {}
    )
    for key, usual in options.items():
        if getattr(analysis, key) != usual:
            message = f"`{key}: {getattr(analysis, key)}` does not apply to '{events[0]}', which is {_a(study.outcomes[events[0]].kind)}"
            hint = "Remove it, or analyse these outcomes in an analysis of their own."
            yield Problem(message, source.at("analyses", name, key), hint)


def _searched(name: str, analysis: Search, events: list[str], study: Study, source: Source) -> Iterator[Problem]:
    """What a search of events does not know, and `min_events` where there are none or too few for the policy."""
    least, place = study.policy.minimum_cell, source.at("analyses", name, "min_events")
    if analysis.min_events is not None and not events:
        hint = "Remove it, or search an outcome with `kind: binary` or `kind: count`."
        yield Problem("`min_events` does not apply: no outcome is an event", place, hint)
    if not events:
        return
    what = f"'{events[0]}', which is {_a(study.outcomes[events[0]].kind)}"
    if analysis.min_events is not None and analysis.min_events < least:
        hint = f"Write at least {least}, or change the policy."
        yield Problem(
            f"`min_events: {analysis.min_events}` is below the `minimum_cell` of the policy, {least}", place, hint
        )
    for key, usual, hint in OF_SEARCHES:
        value = getattr(analysis, key, usual)
        if value != usual and key in analysis.model_fields_set:
            yield Problem(
                f"`{key}: {value}` does not apply to {what}", source.at("analyses", name, key), f"Remove it: {hint}."
            )


def _tau_interval(name: str, analysis: Pooled, asked: Sequence[str], study: Study, source: Source) -> Iterator[Problem]:
    """A profile of tau needs a one-step model with one variance between trials."""
    if not isinstance(analysis, MetaAnalysis) or analysis.tau_interval == "none":
        return
    place = source.at("analyses", name, "tau_interval")
    pooled = [item for item in asked if study.outcomes[item].in_two_stages]
    if analysis.treatment_effect == "common":
        message = (
            "`tau_interval: profile` does not apply to `treatment_effect: common`, which has no variance between trials"
        )
        yield Problem(message, place, "Remove one of the two.")
    elif pooled:
        message = f"`tau_interval: profile` does not apply to '{pooled[0]}': each {study.outcomes[pooled[0]].effect_measure} is pooled in two stages"
        hint = "Remove it: τ² of the two-stage model has an interval anyway. Or analyse this outcome in an analysis of its own."
        yield Problem(message, place, hint)
    for key, usual in (("intercept", "stratified"), ("residual", "common")):
        linear = [item for item in asked if not study.outcomes[item].of_events]
        if linear and getattr(analysis, key) != usual:
            message = f"`tau_interval: profile` does not apply to `{key}: {getattr(analysis, key)}`, whose model has several variances"
            yield Problem(message, place, "Remove one of the two.")


def _inference(name: str, analysis: Pooled, asked: Sequence[str], study: Study, source: Source) -> Iterator[Problem]:
    """Intervals of a measure that is pooled in two stages follow from the test of the two-stage model."""
    pooled = [item for item in asked if study.outcomes[item].in_two_stages]
    if not isinstance(analysis, MetaAnalysis) or analysis.inference != "normal" or not pooled:
        return
    measure = study.outcomes[pooled[0]].effect_measure
    message = f"`inference: normal` does not apply to '{pooled[0]}': each {measure} is pooled in two stages"
    hint = "Write `two_stage: {test: normal}`, or analyse this outcome in an analysis of its own."
    yield Problem(message, source.at("analyses", name, "inference"), hint)


def _baselines(name: str, analysis: object, study: Study, source: Source) -> Iterator[Problem]:
    """The baseline of an event is no adjuster, no moderator and no row of a table: it has not happened yet."""
    for key, variables in _variables(analysis):
        for index, variable in enumerate(variables):
            measured = baseline_of(variable)
            if measured in study.outcomes and study.outcomes[measured].without_unit:
                hint = f"Give '{measured}' a `range`, to which its instruments are rescaled, or name the baseline of one instrument."
                message = (
                    f"the instruments of '{measured}' have no scale in common, on which its baseline could be given"
                )
                yield Problem(message, source.at("analyses", name, key, index), hint)
            if measured is None or not _is_event(measured, study):
                continue
            hint = "Remove it; what was so before randomisation is a covariate with `levels`."
            message = f"'{measured}' is an event, which has no baseline value"
            yield Problem(message, source.at("analyses", name, key, index), hint)


def _variables(analysis: object) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the keys of an analysis that may name baselines, with what they name."""
    if isinstance(analysis, Descriptive):
        yield "variables", analysis.variables
    if isinstance(analysis, Pooled):
        yield "adjust_for", analysis.adjust_for
    if isinstance(analysis, Moderators | Search) and isinstance(analysis.moderators, tuple):
        yield "moderators", analysis.moderators


def _is_event(measured: str, study: Study) -> bool:
    if measured in study.outcomes:
        return study.outcomes[measured].of_events
    return measured in study.instruments and bool(study.instruments[measured].levels)
