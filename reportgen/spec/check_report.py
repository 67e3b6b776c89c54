"""What the contents of the report refer to: analyses of a suitable method, and what these analyse."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import combinations, product
from typing import Any

from reportgen.errors import Problem
from reportgen.houses import HOUSES
from reportgen.spec.analyses import MetaAnalysis, Moderators, Pooled, SubgroupDifferences
from reportgen.spec.check import means_disclosed_by, with_method
from reportgen.spec.forests import OnAxis, WithColumns, WithTrialColumns, beside_no_effect, room_in, width_of
from reportgen.spec.references import baseline_of, each_unknown, expanded, unknown
from reportgen.spec.shows import (
    AbsoluteEffects,
    Limited,
    OfAnalysis,
    OfModerators,
)
from reportgen.spec.source import Source, Step
from reportgen.spec.study import Study


def check_report(study: Study, source: Source) -> Iterator[Problem]:
    """Yield what the contents of the report refer to and was not declared, or is not analysed."""
    named: dict[str, int] = {}
    wanting = [
        index
        for index, artefact in enumerate(study.report.contents)
        if isinstance(artefact, OfAnalysis) and artefact.of
    ]
    if wanting and "analyses" not in source.content:
        place = source.at("report", "contents", wanting[0], "of")
        yield Problem("the report shows analyses, but none are declared", place, "Declare them under `analyses:`.")
        return
    for index, artefact in enumerate(study.report.contents):
        here = ("report", "contents", index)
        if isinstance(artefact, OfAnalysis) and _written(source, *here).get("show") == artefact.show:
            yield from _artefact(study, artefact, source, *here)  # else it is a guess, and that is reported
        name = artefact.name
        if name and re.fullmatch(r"[\w-]+", name) is None:
            hint = "Use letters, digits, - and _: it is used as a file name."
            yield Problem(f"'{name}' cannot be the name of an artefact", source.at(*here, "name"), hint)
        if name and name in named:
            yield Problem(f"two artefacts are named '{name}'", source.at(*here, "name"), "Give each its own name.")
        named.setdefault(name, index)


def _artefact(study: Study, artefact: OfAnalysis, source: Source, *here: Step) -> Iterator[Problem]:
    if _written(source, *here).get("of") is None:
        methods = artefact.shown_methods()
        named = with_method(study, *methods)
        hint = (
            f"Add `of:` with one of: {', '.join(named)}."
            if named
            else f"Declare an analysis with `method: {' or '.join(methods)}` first."
        )
        yield Problem(f"'{artefact.show}' needs the name of an analysis", source.at(*here), hint)
    if artefact.of is not None:
        yield from _shown_analysis(study, artefact, artefact.of, source, *here, "of")
    for index, name in enumerate(getattr(artefact, "beside", ())):
        yield from _shown_analysis(study, artefact, name, source, *here, "beside", index)
    if isinstance(artefact, Limited):
        for key, kind, known in (
            ("comparison", "comparison", study.comparisons),
            ("outcome", "outcome", study.outcomes),
            ("follow_up", "follow-up", study.follow_up),
        ):
            yield from each_unknown(kind, getattr(artefact, key), known, source, *here, key)
        yield from _limits(study, artefact, source, *here)
    if isinstance(artefact, Limited) and isinstance(artefact, WithTrialColumns):
        yield from _means(study, artefact, artefact.columns.sides, source, *here, "columns")
    if (
        isinstance(artefact, Limited)
        and isinstance(artefact, OnAxis)
        and artefact.limits
        and artefact.no_effect is None
    ):
        yield from _no_effect(study, artefact, artefact.limits, source, *here, "limits")
    if isinstance(artefact, AbsoluteEffects) and True not in _shown_kinds(study, artefact):
        hint = "Show outcomes with `kind: binary` or `kind: count`, or remove it."
        yield Problem("no outcome that is shown is an event", source.at(*here), hint)
    if isinstance(artefact, Limited) and isinstance(artefact, WithColumns):
        yield from _columns_of_kinds(study, artefact, artefact.columns.sides, source, *here, "columns")
    if isinstance(artefact, WithColumns):
        yield from _room(study, artefact, source, *here)
    if isinstance(artefact, OfModerators):
        yield from _moderators(study, artefact.of or "", artefact.moderators, source, *here, "moderators")


def _written(source: Source, *path: Step) -> dict[Any, Any]:
    """Return a part of the file as it was written; faults in it have been left out of the study."""
    here: Any = source.content
    for step in source.as_written(path):
        here = here[step]
    return here if isinstance(here, dict) else {}


def _estimating(study: Study, name: str) -> Any:
    """Return the analysis whose effects are shown: of subgroups side by side the first of them, with what all of them analyse."""
    analysis = study.analyses.get(name)
    if not isinstance(analysis, SubgroupDifferences):
        return analysis
    found = [study.analyses.get(item) for item in analysis.subsets]
    nodes = [node for node in found if isinstance(node, MetaAnalysis)]
    if not nodes:
        return None
    shared = {}
    for key in ("comparisons", "outcomes", "follow_up"):
        each = [expanded(getattr(node, key), getattr(study, key)) for node in nodes]
        shared[key] = tuple(item for item in each[0] if all(item in names for names in each))
    return nodes[0].model_copy(update=shared)


def _limits(study: Study, artefact: Limited, source: Source, *here: Step) -> Iterator[Problem]:
    """An artefact is limited to something that its analysis does not have."""
    analysis = _estimating(study, artefact.of or "")
    if not isinstance(analysis, Pooled):
        return
    for key, listed in (("comparison", "comparisons"), ("outcome", "outcomes"), ("follow_up", "follow_up")):
        known = getattr(study, listed)
        analysed = expanded(getattr(analysis, listed), known)
        for index, name in enumerate(getattr(artefact, key)):
            if name in known and name not in analysed:
                hint = f"Add it to `{listed}` of '{artefact.of}', or remove it here. Analysed: {', '.join(analysed)}."
                yield Problem(f"'{artefact.of}' does not analyse '{name}'", source.at(*here, key, index), hint)


def _shown_kinds(study: Study, artefact: Limited) -> set[bool]:
    """Return whether outcomes that are shown are events: of some, of all, or of none."""
    analysis = _estimating(study, artefact.of or "")
    outcomes = expanded(artefact.outcome or analysis.outcomes, study.outcomes) if isinstance(analysis, Pooled) else ()
    return {study.outcomes[name].of_events for name in outcomes if name in study.outcomes} or {False}


def _shown_ratios(study: Study, artefact: Limited) -> set[bool]:
    """Return whether effects that are shown are ratios; moderators and searches know no risk differences."""
    analysis = _estimating(study, artefact.of or "")
    outcomes = expanded(artefact.outcome or analysis.outcomes, study.outcomes) if isinstance(analysis, Pooled) else ()
    pooled = isinstance(analysis, MetaAnalysis)
    return {
        study.outcomes[name].of_events and not (pooled and study.outcomes[name].effect_measure == "risk difference")
        for name in outcomes
        if name in study.outcomes
    } or {False}


def _no_effect(
    study: Study, artefact: Limited, limits: tuple[float, float], source: Source, *here: Step
) -> Iterator[Problem]:
    """The limits of axes hold no effect: 0 of differences, 1 of ratios."""
    shown = _shown_ratios(study, artefact)
    if len(shown) > 1:
        hint = "Show them in figures of their own, each with `outcome:` and its `limits`."
        yield Problem("`limits` cannot be those of differences and of ratios", source.at(*here), hint)
        return
    wrong = beside_no_effect(limits, 1.0 if shown == {True} else 0.0)
    if wrong:
        yield Problem(wrong[0], source.at(*here), wrong[1])


# Columns that outcomes of one kind have: whether these are events.
OF_KIND = {"events": True, "absolute": True, "mean-sd": False}


def _columns_of_kinds(
    study: Study, artefact: Limited, columns: tuple[tuple[str, ...], ...], source: Source, *here: Step
) -> Iterator[Problem]:
    """A column that none of the outcomes that are shown has."""
    shown = _shown_kinds(study, artefact)
    for side, words in zip(("left", "right"), columns, strict=True):
        for index, word in enumerate(words):
            if word in OF_KIND and OF_KIND[word] not in shown:
                message = f"no outcome that is shown has `{word}`: {'they are events' if True in shown else 'none is an event'}"
                yield Problem(message, source.at(*here, side, index), "Remove it.")


def _room(study: Study, artefact: WithColumns, source: Source, *here: Step) -> Iterator[Problem]:
    """The columns of a figure have no room beside the plot, as wide as the house prints it."""
    left, right = artefact.columns.sides
    taken, room = width_of(left) + width_of(right), room_in(HOUSES[study.report.style].in_width(artefact.width).width)
    if taken > room:
        message = f"these columns take about {taken:.0f} mm, and beside the plot is room for {room:.0f} mm"
        hint = f"Remove {', or '.join(_fewest(left, right, room))}."
        yield Problem(message, source.at(*here, "columns"), hint)


def _fewest(left: Sequence[str], right: Sequence[str], room: float) -> Iterator[str]:
    """Yield each set of columns without which the others have room, of those with the fewest."""
    words = [word for word in (*left, *right) if word != "effect"]
    for number in range(1, len(words) + 1):
        found = [
            gone
            for gone in combinations(words, number)
            if _width_without(gone, left, right) <= room and not {*right} <= {*gone}
        ]
        if found:
            yield from (" and ".join(f"`{word}`" for word in gone) for gone in found)
            return


def _width_without(gone: Sequence[str], *sides: Sequence[str]) -> float:
    return sum(width_of(tuple(word for word in side if word not in gone)) for side in sides)


def _means(
    study: Study, artefact: Limited, columns: tuple[tuple[str, ...], ...], source: Source, *here: Step
) -> Iterator[Problem]:
    """Means are asked of an analysis that may not disclose them, since another one does."""
    analysis = study.analyses.get(artefact.of or "")
    if not isinstance(analysis, Pooled) or not any("mean-sd" in side for side in columns):
        return
    outcomes = expanded(artefact.outcome or analysis.outcomes, study.outcomes)
    visits = expanded(artefact.follow_up or analysis.follow_up, study.follow_up)
    for outcome, visit in product(outcomes, visits):
        disclosing = means_disclosed_by(outcome, visit, study)
        if disclosing not in (None, artefact.of):
            message = f"'{artefact.of}' has no means of '{outcome}' at '{visit}': those in '{disclosing}' would disclose few people"
            hint = f"Remove `mean-sd`, or show `of: {disclosing}`. With `minimum_cell: 0` in the policy every analysis has them."
            yield Problem(message, source.at(*here), hint)
            return


def _moderators(study: Study, of: str, names: Sequence[str], source: Source, *here: Step) -> Iterator[Problem]:
    """An artefact is limited to a moderator that is not declared, or that its analysis does not screen."""
    analysis = study.analyses.get(of)
    if not isinstance(analysis, Moderators):
        return
    for index, name in enumerate(names):
        if name in analysis.moderators:
            continue
        declared = name in study.covariates or baseline_of(name) in {*study.outcomes, *study.instruments}
        if not declared:
            yield from unknown("moderator", name, analysis.moderators, source, *here, index)
            continue
        hint = f"Add it to `moderators` of '{of}', or remove it here. Screened: {', '.join(analysis.moderators)}."
        yield Problem(f"'{of}' does not screen '{name}'", source.at(*here, index), hint)


def _shown_analysis(study: Study, artefact: OfAnalysis, name: str, source: Source, *here: Step) -> Iterator[Problem]:
    analysis, methods = study.analyses.get(name), artefact.shown_methods()
    if analysis is None:
        suited = with_method(study, *methods)
        yield from unknown("analysis", name, study.analyses, source, *here, suited=suited)
    elif analysis.method not in methods:
        wanted = " or ".join(f"'{method}'" for method in methods)
        message = f"'{artefact.show}' shows {_a(wanted)}, and '{name}' is {_a(repr(analysis.method))}"
        yield Problem(message, source.at(*here), f"Name an analysis with `method: {' or '.join(methods)}`.")


def _a(quoted: str) -> str:
    return f"{'an' if quoted.strip(chr(39))[0] in 'aeiou' else 'a'} {quoted}"
