"""Artefacts of a screening of moderators: the forest of interactions, its numbers, and effects at chosen values."""

from __future__ import annotations

from functools import partial

from reportgen.records.model import Records
from reportgen.records.moderation import Moderation, Screen
from reportgen.records.numbers import Inline, Number
from reportgen.render.drafts.draft import Draft, Drafter, Place, Sketch, letter, or_nobody
from reportgen.render.rounding import rounded
from reportgen.spec.check import expanded
from reportgen.spec.study import Artefact, Study


def _moderation(place: Place, records: Records) -> Moderation:
    record = records.analyses[place.node.of or ""]
    assert isinstance(record, Moderation)
    return rounded(record, place.node.rounding, place.name)


def chosen(node: Artefact, study: Study, record: Moderation) -> tuple[Screen, ...]:
    """Return the screens that a node of the study file asks for, all of those that it does not limit; none without people."""
    wanted = {
        "comparison": expanded(node.comparison or ("all",), study.comparisons),
        "outcome": expanded(node.outcome or ("all",), study.outcomes),
        "follow_up": expanded(node.follow_up or ("all",), study.follow_up),
    }
    return tuple(
        one
        for one in record.screens
        if not one.empty and all(getattr(one, key) in names for key, names in wanted.items())
    )


def _parts(place: Place, study: Study, record: Moderation) -> list[tuple[Inline, list[Screen]]]:
    """Return the screens of each lettered part with the part's title; comparisons never share a part."""
    screens = chosen(place.node, study, record)
    titles = {comparison.name: comparison.title for comparison in record.comparisons}
    several = len({screen.comparison for screen in screens}) > 1
    by = {"by outcome": "outcome", "by follow-up": "follow_up"}.get(place.node.parts)

    def key(screen: Screen) -> tuple[str, str]:
        return (screen.comparison, getattr(screen, by) if by else "")

    parts = []
    for wanted in dict.fromkeys(map(key, screens)):
        members = [screen for screen in screens if key(screen) == wanted]
        title: list[str | Number] = []
        if several or place.node.parts == "by comparison":
            title.append(titles[members[0].comparison])
        if by:
            title += [": "] if title else []
            title.append(getattr(members[0], f"{by}_label"))
        parts.append((tuple(title), members))
    return parts


def _forest(place: Place, study: Study, records: Records) -> tuple[Draft, ...]:
    from reportgen.figures import draw_interactions

    record = _moderation(place, records)
    parts = _parts(place, study, record)
    names = [place.name + (letter(i) if len(parts) > 1 else "") for i in range(len(parts))]
    return or_nobody(
        [
            Draft(title, (Sketch(partial(draw_interactions, tuple(screens), record.settings, name=name)),))
            for name, (title, screens) in zip(names, parts, strict=True)
        ]
    )


def _estimates(place: Place, study: Study, records: Records) -> tuple[Draft, ...]:
    from reportgen.tables.moderators import expectations, interaction_estimates

    record = _moderation(place, records)
    drafts = []
    for title, screens in _parts(place, study, record):
        table = interaction_estimates(screens, record.settings)
        expected = expectations(screens)
        if not expected:
            drafts.append(Draft(title, table=table))
            continue
        drafts.append(Draft((*title, ": interactions") if title else ("Interactions",), table=table))
        head: Inline = (*title, ": expected beforehand, and found") if title else ("Expected beforehand, and found",)
        drafts.append(Draft(head, table=expected))
    return or_nobody(drafts)


def _at_values(place: Place, study: Study, records: Records) -> tuple[Draft, ...]:
    from reportgen.tables.moderators import effects_at_values

    record = _moderation(place, records)
    return or_nobody(
        [
            Draft(title, table=effects_at_values(screens, record.settings))
            for title, screens in _parts(place, study, record)
        ]
    )


SHOWN: dict[str, Drafter] = {
    "interaction-forest": _forest,
    "interaction-estimates": _estimates,
    "effect-at-values": _at_values,
}
