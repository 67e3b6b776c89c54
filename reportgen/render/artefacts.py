"""The contents of the report, numbered: each node of the study file becomes its table or figure, with its parts.

In: the study file and the records. Out: artefacts in the order of the study file, numbered within their series, whatever
is left out by `only`. What is shown of an analysis that failed is its reason, in its place.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby
from string import ascii_lowercase

from reportgen.executor import Executor
from reportgen.records.artefact import Drawing, NumberedArtefact, Part, Table
from reportgen.records.model import Descriptive, Failure, MetaAnalysis, PooledEffect, Records
from reportgen.records.numbers import Inline, Number, Press, numbers_in, slug
from reportgen.render.rounding import rounded
from reportgen.spec import Spec
from reportgen.spec.check import expanded
from reportgen.spec.study import Artefact, Study
from reportgen.tables.phrases import joined

TITLES = {
    "included-trials": "Included trials",
    "descriptive": "Baseline characteristics",
    "forest": "Pooled effects",
    "forest-by-trial": "Effects by trial",
    "estimates": "Pooled effects in numbers",
    "estimates-by-trial": "Effects by trial in numbers",
    "analysed": "Trials and participants of each analysis",
    "availability": "What was measured, by trial and visit",
    "outcome-measures": "Outcome measures by trial",
}
"""Captions of artefacts that the study file gives no title."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where an artefact stands: its node, its label and its stable name."""

    node: Artefact
    label: str
    name: str


def places(study: Study) -> tuple[Place, ...]:
    """Return the artefacts of the study file with label and name, numbered within each series."""
    seen: Counter[str] = Counter()
    taken = {node.name for node in study.report.contents if node.name}
    out = []
    for node in study.report.contents:
        seen[node.series] += 1
        label = f"{node.series} {seen[node.series]}"
        name = node.name or _free(slug(f"{node.series}").replace(".", "-") + str(seen[node.series]), taken)
        taken.add(name)
        out.append(Place(node, label, name))
    return tuple(out)


def _free(name: str, taken: set[str]) -> str:
    return name if name not in taken else next(n for n in (f"{name}-{c}" for c in ascii_lowercase) if n not in taken)


def artefact_names(spec: Spec) -> tuple[str, ...]:
    """Return the stable names that `--only` knows, in the order of the study file."""
    return tuple(place.name for place in places(spec.study))


def numbered_artefacts(
    spec: Spec, records: Records, *, only: frozenset[str] | None = None, executor: Executor | None = None
) -> tuple[NumberedArtefact, ...]:
    """Make the tables and figures of a report.

    Parameters
    ----------
    spec : Spec
    records : Records
    only : frozenset of str, optional
        Stable names of what to make; numbers stay what they are in the whole report.
    executor : Executor, optional
        Draws the figures; this process does it where there is none.

    Returns
    -------
    tuple of NumberedArtefact
        In the order of the study file.
    """
    drafts = [
        (place, _drafts(place, spec.study, records))
        for place in places(spec.study)
        if only is None or place.name in only
    ]
    sketches = [sketch for _, parts in drafts for draft in parts for sketch in draft.sketches]
    drawn = iter((executor or Executor()).map(_draw, sketches))
    return tuple(_artefact(place, parts, records, drawn) for place, parts in drafts)


def printed_numbers(artefacts: Iterable[NumberedArtefact]) -> Iterator[Number]:
    """Yield every number that artefacts print, those of their own included."""
    return numbers_in(tuple(artefacts))


@dataclass(frozen=True, slots=True)
class Sketch:
    """A figure still to be drawn: a function of `figures` with its arguments, so that any process can do it."""

    draw: Callable[[], tuple[Drawing, ...]]
    title: Inline = ()


@dataclass(frozen=True, slots=True)
class Draft:
    """A part whose figures are still to be drawn."""

    title: Inline = ()
    sketches: tuple[Sketch, ...] = ()
    table: Table | None = None
    notes: tuple[Inline, ...] = ()


def _draw(sketch: Sketch) -> tuple[Drawing, ...]:
    return tuple(replace(drawing, title=sketch.title) if sketch.title else drawing for drawing in sketch.draw())


def _drafts(place: Place, study: Study, records: Records) -> tuple[Draft, ...]:
    record = records.analyses.get(place.node.of or "")
    if isinstance(record, Failure):
        return (Draft(notes=(("This analysis failed: ", record.reason, "."),)),)
    return SHOWN[place.node.show](place, study, records)


def _artefact(
    place: Place, drafts: tuple[Draft, ...], records: Records, drawn: Iterator[tuple[Drawing, ...]]
) -> NumberedArtefact:
    """Number a place of the study file and its parts; `drawn` yields what was drawn for each sketch, in order."""
    press = Press("report", "report", {}).at(place.name)
    title: Inline = (
        (press.quote("title", place.node.title),) if place.node.title else _default_title(place.node, records)
    )
    parts = tuple(
        Part(
            "",
            draft.title,
            drawings=tuple(drawing for _ in draft.sketches for drawing in next(drawn)),
            table=draft.table,
            notes=draft.notes,
        )
        for draft in drafts
    )
    return NumberedArtefact(
        name=place.name,
        series=place.node.series,
        label=place.label,
        title=title,
        parts=lettered(parts),
        notes=tuple((press.quote(f"note {i}", note),) for i, note in enumerate(place.node.notes, 1)),
    )


def _default_title(node: Artefact, records: Records) -> Inline:
    title = TITLES[node.show]
    record = records.analyses.get(node.of or "")
    if isinstance(record, Descriptive):
        return (title, ": ", record.comparison)
    if isinstance(record, MetaAnalysis):
        titles = [c.title for c in record.comparisons if not node.comparison or c.name in node.comparison]
        return (title, ": ", titles[0]) if len(titles) == 1 else (title,)
    return (title,)


def lettered(parts: tuple[Part, ...]) -> tuple[Part, ...]:
    """Return parts with letters; one part alone needs none."""
    if len(parts) < 2:
        return parts
    return tuple(replace(part, letter=_letter(index)) for index, part in enumerate(parts))


def _letter(index: int) -> str:
    """Return a, b, …, z, aa, ab, …"""
    return (_letter(index // 26 - 1) if index >= 26 else "") + ascii_lowercase[index % 26]


def _included(place: Place, study: Study, records: Records) -> tuple[Draft, ...]:
    from reportgen.tables import included_trials

    return (Draft(table=included_trials(records.included)),)


def _descriptive(place: Place, study: Study, records: Records) -> tuple[Draft, ...]:
    from reportgen.tables import descriptive

    record = records.analyses[place.node.of or ""]
    assert isinstance(record, Descriptive)
    return (Draft(table=descriptive(rounded(record, place.node.rounding, place.name))),)


def _outcome_measures(place: Place, study: Study, records: Records) -> tuple[Draft, ...]:
    from reportgen.tables import outcome_measures

    return (Draft(table=outcome_measures(records.measures)),)


def _availability(place: Place, study: Study, records: Records) -> tuple[Draft, ...]:
    from reportgen.figures import draw_availability

    return (Draft(sketches=(Sketch(partial(draw_availability, records.availability, name=place.name)),)),)


def _meta(place: Place, records: Records) -> MetaAnalysis:
    record = records.analyses[place.node.of or ""]
    assert isinstance(record, MetaAnalysis)
    return record


def chosen(node: Artefact, study: Study, record: MetaAnalysis) -> tuple[PooledEffect, ...]:
    """Return the effects that a node of the study file asks for; all of those that it does not limit."""
    wanted = {
        "comparison": expanded(node.comparison or ("all",), study.comparisons),
        "outcome": expanded(node.outcome or ("all",), study.outcomes),
        "follow_up": expanded(node.follow_up or ("all",), study.follow_up),
    }
    return tuple(e for e in record.effects if all(getattr(e, key) in names for key, names in wanted.items()))


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
        return (
            Sketch(
                partial(draw_forest, tuple(effects), record.settings, name=name, scale=place.node.scale, decimals=None)
            ),
        )

    return _sketched(place, study, records, sketch)


def _forest_by_trial(place: Place, study: Study, records: Records) -> tuple[Draft, ...]:
    from reportgen.figures import draw_forest_by_trial

    def sketch(effects: list[PooledEffect], record: MetaAnalysis, name: str) -> tuple[Sketch, ...]:
        return tuple(
            Sketch(
                partial(
                    draw_forest_by_trial, effect, record.settings, name=_stem(name, effect, effects), decimals=None
                ),
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
    return tuple(
        Draft(title, sketch(members, record, place.name + (_letter(i) if len(split) > 1 else "")))
        for i, (title, members) in enumerate(split)
    )


def _estimates(place: Place, study: Study, records: Records) -> tuple[Draft, ...]:
    from reportgen.tables import estimates

    record = rounded(_meta(place, records), place.node.rounding, place.name)
    return tuple(
        Draft(title, table=estimates(members, record.settings, scale=place.node.scale))
        for title, members in _split(chosen(place.node, study, record), place.node.parts, record)
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

    return tuple(Draft(title(effect), table=by_trial(effect, record.settings)) for effect in effects)


def _analysed(place: Place, study: Study, records: Records) -> tuple[Draft, ...]:
    from reportgen.tables import analysed

    record = _meta(place, records)

    def of(members: list[PooledEffect]) -> Table:
        present = {effect.comparison for effect in members}
        comparisons = tuple(c for c in record.comparisons if c.name in present)
        return analysed(replace(record, effects=tuple(members), comparisons=comparisons))

    split = _split(chosen(place.node, study, record), place.node.parts, record)
    return tuple(Draft(title, table=of(members)) for title, members in split)


SHOWN: dict[str, Callable[[Place, Study, Records], tuple[Draft, ...]]] = {
    "included-trials": _included,
    "descriptive": _descriptive,
    "outcome-measures": _outcome_measures,
    "availability": _availability,
    "forest": _forest,
    "forest-by-trial": _forest_by_trial,
    "estimates": _estimates,
    "estimates-by-trial": _estimates_by_trial,
    "analysed": _analysed,
}
