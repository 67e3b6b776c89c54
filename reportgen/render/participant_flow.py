"""The flow of participants in front of the methods: its figure, a note, and where exclusions are given with their reasons.

In: the records, and which artefacts the report has. Out: what each target sets in its own way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reportgen.graph import Maker
from reportgen.houses import HOUSES
from reportgen.records.artefact import Drawing
from reportgen.records.model import Records
from reportgen.records.numbers import Inline
from reportgen.render.artefacts import Place
from reportgen.render.key_findings import Link
from reportgen.spec.shows import Analysed
from reportgen.spec.study import Study
from reportgen.tables.phrases import enumerated
from reportgen.views.findings.finding import derived
from reportgen.views.participant_flow import entered, flow_sketch

NAME, HEADING = "participant-flow", "Flow of participants"
CAPTION = "Trials and participants, from the trial files to the outcomes analysed"


@dataclass(frozen=True, slots=True)
class Flow:
    """The figure of the flow, the note below it, and the places that give exclusions by reason."""

    drawings: tuple[Drawing, ...]
    note: Inline
    links: tuple[Link, ...]
    name: str = NAME
    heading: str = HEADING
    caption: str = CAPTION


def participant_flow(study: Study, records: Records, shown: Sequence[Place], make: Maker) -> Flow | None:
    """Return the flow of participants; None where the study file asks for none.

    Parameters
    ----------
    study : Study
    records : Records
    shown : sequence of Place
        The artefacts that the report has.
    make : Maker
        Draws the figure.
    """
    sketch = flow_sketch(records, study, NAME) if study.report.participant_flow else None
    if sketch is None:
        return None
    (drawings,) = make([sketch.task(f"drawing.{NAME}", HOUSES[study.report.style])])
    analyses = list(dict.fromkeys(item.analysis for people in entered(records).values() for item in people))
    links = [Link("ledger", "Ledger", artefact=False), *_places(shown, analyses)]
    return Flow(drawings, _note(analyses), tuple(links))


def _places(shown: Sequence[Place], analyses: Sequence[str]) -> list[Link]:
    """Return the artefacts that say who was excluded from these analyses, and why."""
    return [
        Link(place.name, place.label)
        for place in shown
        if isinstance(place.options, Analysed) and {place.of, *place.options.beside} & {*analyses}
    ]


def _note(analyses: Sequence[str]) -> Inline:
    if not analyses:
        return ("No analysis says who entered it.",)
    named = enumerated([(derived(name).quote("name", f"“{name}”"),) for name in analyses])
    which = "analysis " if len(analyses) == 1 else "analyses "
    return (f"Analysed: trials (m) and participants (n) in the {which}", *named, ", by outcome and follow-up.")
