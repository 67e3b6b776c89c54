"""Artefacts of a meta-analysis: pooled effects and effects by trial, drawn and in numbers."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import groupby

from reportgen.records.model import MetaAnalysis, PooledEffect, Records
from reportgen.records.numbers import Inline, Number, slug
from reportgen.render.drafts.draft import Draft, Drafter, Place, Sketch, letter, or_nobody
from reportgen.render.rounding import rounded
from reportgen.spec.check import expanded
from reportgen.spec.study import Artefact, Study
from reportgen.tables.phrases import joined


def _meta(place: Place, records: Records) -> MetaAnalysis:
    record = records.analyses[place.node.of or ""]
    assert isinstance(record, MetaAnalysis)
    return record


def chosen(node: Artefact, study: Study, record: MetaAnalysis) -> tuple[PooledEffect, ...]:
    """Return the effects that a node of the study file asks for, all of those that it does not limit; none without people."""
    wanted = {
        "comparison": expanded(node.comparison or ("all",), study.comparisons),
        "outcome": expanded(node.outcome or ("all",), study.outcomes),
        "follow_up": expanded(node.follow_up or ("all",), study.follow_up),
    }
    return tuple(
        e for e in record.effects if not e.empty and all(getattr(e, key) in names for key, names in wanted.items())
    )


def _split(
    effects: tuple[PooledEffect, ...], how: str, record: MetaAnalysis
) -> list[tuple[Inline, list[PooledEffect]]]:
    """Return the effects of each lettered part with the part's title; comparisons never share a part."""
    titles = {comparison.name: comparison.title for comparison in record.comparisons}
    several = len({effect.comparison for effect in effects}) > 1

    def key(effect: PooledEffect) -> tuple[str, ...]:
        by = {"by outcome": effect.outcome, "by follow-up": effect.follow_up}.get(how, "")
        return (effect.comparison, by)

    parts: list[tuple[Inline, list[PooledEffect]]] = []
    order = {k: i for i, k in enumerate(dict.fromkeys(key(effect) for effect in effects))}
    for (comparison, _), found in groupby(sorted(effects, key=lambda e: order[key(e)]), key=key):
        members = list(found)
        label = {"by outcome": members[0].outcome_label, "by follow-up": members[0].follow_up_label}.get(how)
        title: list[str | Number] = []
        if several or how == "by comparison":
            title.append(titles[comparison])
        if label is not None:
            title += [": ", label] if title else [label]
        parts.append((tuple(title), members))
    return parts


def _forest(place: Place, study: Study, records: Records) -> tuple[Draft, ...]:
    from reportgen.figures import draw_forest

    def sketch(effects: list[PooledEffect], record: MetaAnalysis, name: str) -> tuple[Sketch, ...]:
        return (Sketch(partial(draw_forest, tuple(effects), record.settings, name=name, scale=place.node.scale)),)

    return _sketched(place, study, records, sketch)


def _forest_by_trial(place: Place, study: Study, records: Records) -> tuple[Draft, ...]:
    from reportgen.figures import draw_forest_by_trial

    def sketch(effects: list[PooledEffect], record: MetaAnalysis, name: str) -> tuple[Sketch, ...]:
        return tuple(
            Sketch(
                partial(draw_forest_by_trial, effect, record.settings, name=_stem(name, effect, effects)),
                _apart(effect, effects),
            )
            for effect in effects
        )

    return _sketched(place, study, records, sketch)


def _differing(effects: list[PooledEffect]) -> list[str]:
    """Return in what the effects of a part differ."""
    return [key for key in ("outcome", "follow_up") if len({getattr(effect, key) for effect in effects}) > 1]


def _stem(name: str, effect: PooledEffect, effects: list[PooledEffect]) -> str:
    """Return the stem of a drawing's files: the part's name, with what tells its effects apart."""
    return "-".join((name, *(slug(getattr(effect, key)) for key in _differing(effects))))


def _apart(effect: PooledEffect, effects: list[PooledEffect]) -> Inline:
    """Return what tells the drawing of an effect from the others of its part."""
    return joined([(getattr(effect, f"{key}_label"),) for key in _differing(effects)], ", ")


def _sketched(
    place: Place,
    study: Study,
    records: Records,
    sketch: Callable[[list[PooledEffect], MetaAnalysis, str], tuple[Sketch, ...]],
) -> tuple[Draft, ...]:
    record = rounded(_meta(place, records), place.node.rounding, place.name)
    split = _split(chosen(place.node, study, record), place.node.parts, record)
    return or_nobody(
        [
            Draft(title, sketch(members, record, place.name + (letter(i) if len(split) > 1 else "")))
            for i, (title, members) in enumerate(split)
        ]
    )


def _estimates(place: Place, study: Study, records: Records) -> tuple[Draft, ...]:
    from reportgen.tables import estimates

    record = rounded(_meta(place, records), place.node.rounding, place.name)
    return or_nobody(
        [
            Draft(title, table=estimates(members, record.settings, scale=place.node.scale))
            for title, members in _split(chosen(place.node, study, record), place.node.parts, record)
        ]
    )


def _estimates_by_trial(place: Place, study: Study, records: Records) -> tuple[Draft, ...]:
    from reportgen.tables import by_trial

    record = rounded(_meta(place, records), place.node.rounding, place.name)
    effects = list(chosen(place.node, study, record))
    titles = {comparison.name: comparison.title for comparison in record.comparisons}
    several = len({effect.comparison for effect in effects}) > 1

    def title(effect: PooledEffect) -> Inline:
        head: Inline = (titles[effect.comparison], ": ") if several else ()
        return (*head, effect.outcome_label, ", ", effect.follow_up_label)

    return or_nobody([Draft(title(effect), table=by_trial(effect, record.settings)) for effect in effects])


SHOWN: dict[str, Drafter] = {
    "forest": _forest,
    "forest-by-trial": _forest_by_trial,
    "estimates": _estimates,
    "estimates-by-trial": _estimates_by_trial,
}
