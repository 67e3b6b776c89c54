"""The contents of the report, numbered: each node of the study file becomes its table or figure, with its parts.

In: the study file and the records. Out: artefacts in the order of the study file, numbered within their series, whatever
is left out by `only`. What is shown of an analysis that failed is its reason, in its place.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from string import ascii_lowercase

from reportgen.graph import Maker
from reportgen.houses import HOUSES
from reportgen.progress import Progress
from reportgen.records.artefact import Drawing, NumberedArtefact, Part, Table
from reportgen.records.derived import Derived
from reportgen.records.marks import is_mark
from reportgen.records.model import Failure, Records
from reportgen.records.numbers import Inline, slug
from reportgen.records.printed import rounded
from reportgen.render.abbreviations import known_abbreviations, spelt_out
from reportgen.spec import Spec
from reportgen.spec.shows import Artefact, Rounded
from reportgen.spec.study import Study
from reportgen.views import SHOWS, Context, Draft, Sketch
from reportgen.views.draft import letter
from reportgen.views.view import only_comparison


@dataclass(frozen=True, slots=True)
class Place:
    """Where an artefact stands: its options, its label and its stable name."""

    options: Artefact
    label: str
    name: str

    @property
    def of(self) -> str:
        """The analysis that is shown; empty where it is the repository."""
        return getattr(self.options, "of", None) or ""


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
    spec: Spec,
    records: Records,
    *,
    only: frozenset[str] | None = None,
    make: Maker | None = None,
    progress: Progress | None = None,
) -> tuple[NumberedArtefact, ...]:
    """Make the tables and figures of a report.

    Parameters
    ----------
    spec : Spec
    records : Records
    only : frozenset of str, optional
        Stable names of what to make; numbers stay what they are in the whole report.
    make : Maker, optional
        Draws the figures; this process draws all of them where there is none.
    progress : Progress, optional
        Told of each drawing.

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
    house = HOUSES[spec.study.report.style]
    tasks = [sketch.task(f"drawing.{place}", house) for place, sketch in enumerate(sketches, 1)]
    make, progress = make or Maker(), progress or Progress()
    with progress.tasks(make.stale(tasks)):
        found = make(tasks, progress.advance)
    drawn = iter([_titled(sketch, drawings) for sketch, drawings in zip(sketches, found, strict=True)])
    known = known_abbreviations(spec.study, records.glossary)
    return tuple(spelt_out(_artefact(place, parts, records, drawn), known) for place, parts in drafts)


def _titled(sketch: Sketch, drawings: tuple[Drawing, ...]) -> tuple[Drawing, ...]:
    return tuple(replace(drawing, title=sketch.title) if sketch.title else drawing for drawing in drawings)


def _drafts(place: Place, study: Study, records: Records) -> tuple[Draft, ...]:
    options = place.options
    record = records.analyses[place.of] if place.of else records
    if isinstance(record, Failure):
        return (Draft(notes=(("This analysis failed: ", record.reason, "."),)),)
    if isinstance(options, Rounded):
        record = rounded(record, options.rounding, place.name)
    return SHOWS[options.show].parts(record, options, Context(place.name, study, records))


def _title(place: Place, records: Records, derived: Derived) -> Inline:
    """Return the caption of the study file, with the comparison where it does not name it; else what is shown, and of whom."""
    options, show = place.options, SHOWS[place.options.show]
    record = records.analyses[place.of] if place.of else records
    own = (derived.quote("title", options.title),) if options.title else ()
    if isinstance(record, Failure):
        return own or (show.title,)
    if not own:
        return show.caption(show.title, record, options)
    comparison = only_comparison(record, options)
    if comparison is None or comparison.text.lower() in options.title.lower():
        return own
    return (*own, ": ", comparison)


def _artefact(
    place: Place, drafts: tuple[Draft, ...], records: Records, drawn: Iterator[tuple[Drawing, ...]]
) -> NumberedArtefact:
    """Number a place of the study file and its parts; `drawn` yields what was drawn for each sketch, in order."""
    derived = Derived("report").at(place.name)
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
        series=place.options.series,
        label=place.label,
        title=_title(place, records, derived),
        parts=noted_once(lettered(parts)),
        notes=tuple((derived.quote(f"note {i}", note),) for i, note in enumerate(place.options.notes, 1)),
    )


NOTED_ABOVE: Inline = ("Further notes are given below an earlier table of this series.",)


def noted_once(parts: tuple[Part, ...]) -> tuple[Part, ...]:
    """Return parts whose tables do not repeat the notes of an earlier one; a line says where those stand.

    Notes with a mark belong to their own table and stay.

    Examples
    --------
    >>> table = Table((), (), footnotes=(("Sizes are shares.",), ("Effects in mm.",)))
    >>> other = replace(table, footnotes=(("Sizes are shares.",), ("Effects in points.",)))
    >>> noted_once((Part("a", (), table=table), Part("b", (), table=other)))[1].table.footnotes
    (('Effects in points.',), ('Further notes are given below an earlier table of this series.',))
    """
    screen: set[Inline] = set()
    paper: set[Inline] = set()
    results = []
    for part in parts:
        table = part.table
        if table is None:
            results.append(part)
            continue
        if table.paper is None:
            shorter = _without(table, screen & paper)
        else:
            shorter = replace(_without(table, screen), paper=_without(table.paper, paper))
        results.append(replace(part, table=shorter))
        screen |= _said(table)
        paper |= _said(table.paper or table)
    return tuple(results)


def _said(table: Table) -> set[Inline]:
    """Return what a table says to all; notes with a mark belong to a cell."""
    return {note for note in table.footnotes if not (note and is_mark(note[0]))}


def _without(table: Table, seen: set[Inline]) -> Table:
    """Return a table without what was said before, and with a line that tells so."""
    footnotes = tuple(note for note in table.footnotes if note not in seen)
    shorter = len(footnotes) < len(table.footnotes)
    return replace(table, footnotes=(*footnotes, NOTED_ABOVE) if shorter else footnotes)


def lettered(parts: tuple[Part, ...]) -> tuple[Part, ...]:
    """Return parts with letters; one part alone needs none."""
    if len(parts) < 2:
        return parts
    return tuple(replace(part, letter=letter(index)) for index, part in enumerate(parts))
