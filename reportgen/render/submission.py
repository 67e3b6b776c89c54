"""What a journal asks for beside the manuscript: names of files as the report numbers them, captions, alternative texts."""

from __future__ import annotations

from collections.abc import Iterator

from reportgen.records.artefact import Drawing, NumberedArtefact
from reportgen.records.numbers import plain
from reportgen.render.appendix import Appendix, drawings_of
from reportgen.render.inline import alt_of
from reportgen.render.participant_flow import NAME


def stems(appendix: Appendix) -> dict[str, str]:
    """Return what the files of each artefact begin with, by its stable name: "Fig1", "SupplementaryTable2"."""
    found: dict[str, str] = {}
    taken: set[str] = set()
    for artefact in appendix.artefacts:
        stem = "".join(character for character in artefact.label if character.isalnum())
        if stem.lower() in taken:  # two series that differ in a full stop alone
            stem = f"{stem}-{artefact.name}"
        taken.add(stem.lower())
        found[artefact.name] = stem
    return found


def figure_names(appendix: Appendix) -> dict[str, str]:
    """Return the stem of the file of each drawing, by the name of the drawing: "Fig2a-short" of "fig2a-short"."""
    known = stems(appendix)
    flow = appendix.flow.drawings if appendix.flow else ()
    return {drawing.name: f"Flow{drawing.name.removeprefix(NAME)}" for drawing in flow} | {
        drawing.name: known[artefact.name] + _ending(drawing, artefact)
        for artefact in appendix.artefacts
        for drawing in _drawings(artefact)
    }


def _drawings(artefact: NumberedArtefact) -> Iterator[Drawing]:
    for part in artefact.parts:
        yield from part.drawings


def _ending(drawing: Drawing, artefact: NumberedArtefact) -> str:
    own = drawing.name.startswith(artefact.name)
    return drawing.name.removeprefix(artefact.name) if own else f"-{drawing.name}"


def captions(appendix: Appendix) -> str:
    """Return the caption of each artefact with its notes, an empty line between two of them."""
    study = appendix.study
    head = study.title.text + (" (simulated data)" if study.simulated else "")
    flow = [f"{appendix.flow.heading}. {appendix.flow.caption}\n{plain(appendix.flow.note)}"] if appendix.flow else []
    return "\n\n".join([head, *flow, *("\n".join(_caption(artefact)) for artefact in appendix.artefacts)]) + "\n"


def _caption(artefact: NumberedArtefact) -> Iterator[str]:
    yield f"{artefact.label}. {plain(artefact.title)}"
    for part in artefact.parts:
        if len(artefact.parts) > 1:
            yield f"{part.letter}. {plain(part.title)}"
        yield from map(plain, part.notes)
    yield from map(plain, artefact.notes)


def alt_texts(appendix: Appendix) -> str:
    """Return the alternative text of each figure below the name of its file."""
    names = figure_names(appendix)
    found = drawings_of(appendix)
    return "\n\n".join(f"{names[drawing.name]}.pdf\n{alt_of(drawing)}" for drawing in found) + "\n"
