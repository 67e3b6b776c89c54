"""What is short in an artefact, and what it stands for: looked up in everything that it prints, so that none is missing.

In: artefacts as they are printed, the scales of the study and its own abbreviations. Out: the same artefacts, each with a last
note that spells out what a reader who sees nothing else would ask for. An abbreviation has one meaning in a whole report.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from html import unescape

from reportgen.records.artefact import Abbreviation, NumberedArtefact, Table
from reportgen.records.derived import Derived
from reportgen.records.effect_scale import SMD
from reportgen.records.model import Glossary, GlossaryRow
from reportgen.records.numbers import Inline, plain
from reportgen.spec.study import Study

MEANINGS = {
    "ARDP": "adaptive refinement by directed peeling",
    "BH": "Benjamini and Hochberg",
    "CI": "confidence interval",
    "df": "degrees of freedom",
    "I²": "percentage of variation between trials not due to chance",
    "ICEMAN": "Instrument for assessing the Credibility of Effect Modification Analyses",
    "IPD": "individual participant data",
    "m": "trials",
    "n": "participants",
    "PI": "prediction interval",
    "Q": "Cochran’s Q, a test of whether the trials share one effect or interaction",
    "REML": "restricted maximum likelihood",
    "RP": "recursive partitioning",
    "SD": "standard deviation",
    "SE": "standard error",
    SMD.effect: SMD.measure,
    "τ²": "variance of the effect or interaction between trials",
}
CAPITALS = re.compile(r"\S*[A-Z]\S*[A-Z]\S*")
DRAWN = re.compile(r">([^<>]+)<")

Known = Mapping[str, Abbreviation]
"""Abbreviations of a report, each with how it is printed and what it stands for."""


def common_abbreviations(**further: str) -> dict[str, Abbreviation]:
    """Return what is short in every report, and what further is short in this one."""
    return {short: ((short,), (long,)) for short, long in {**MEANINGS, **further}.items()}


def known_abbreviations(study: Study, glossary: Glossary) -> dict[str, Abbreviation]:
    """Return all that may be short in a report: the field's words, the scales, and what the study file spells out.

    Parameters
    ----------
    study : Study
        `report.abbreviations` come before the others.
    glossary : Glossary
        A scale whose name in the study file is one word with two capitals is an abbreviation.
    """
    scales = {row.name.text: ((row.name,), _scale(row)) for row in glossary.rows if _is_short(row)}
    derived = Derived("report.abbreviations")
    own = {
        short: ((derived.at(short).quote("short", short),), (derived.at(short).quote("meaning", long),))
        for short, long in study.report.abbreviations.items()
    }
    return {**common_abbreviations(), **scales, **own}


def _is_short(row: GlossaryRow) -> bool:
    return row.title.text != row.name.text and CAPITALS.fullmatch(row.name.text) is not None


def _scale(row: GlossaryRow) -> Inline:
    """Return the name of a scale, its range and its direction."""
    extent: Inline = (row.range, ", ") if row.range.text else ()
    return (row.title, " (", *extent, f"{row.better} = better)")


def abbreviations_in(texts: Iterable[str], known: Known) -> tuple[Abbreviation, ...]:
    """Return those that stand in some texts, in the order of the alphabet.

    Examples
    --------
    >>> found = abbreviations_in(["m = 3 (95% CI)", "CPG-DS, mm"], common_abbreviations(CPG="Chronic Pain Grade"))
    >>> [short for (short,), _ in found]
    ['CI', 'm']
    """
    longest_first = sorted(known, key=len, reverse=True)
    wanted = re.compile(rf"(?<![\w/-])(?:{'|'.join(map(re.escape, longest_first))})(?![\w/-])")
    found = {word for text in texts for word in wanted.findall(text)}
    return tuple(known[word] for word in sorted(found, key=lambda word: (word.lower(), word)))


def spelt_out(artefact: NumberedArtefact, known: Known) -> NumberedArtefact:
    """Return an artefact with its abbreviations, and a last note that spells them out."""
    found = abbreviations_in(_texts(artefact), known)
    return replace(artefact, abbreviations=found, notes=(*artefact.notes, _note(found))) if found else artefact


def united(some: Iterable[Sequence[Abbreviation]]) -> tuple[Abbreviation, ...]:
    """Return the abbreviations of several artefacts, each once, in the order of the alphabet."""
    found = {plain(pair[0]): pair for pairs in some for pair in pairs}
    return tuple(found[short] for short in sorted(found, key=lambda word: (word.lower(), word)))


def _note(found: Sequence[Abbreviation]) -> Inline:
    spelt: list[Inline] = [(*short, ": ", *long) for short, long in found]
    between = [part for pair in spelt[:-1] for part in (*pair, "; ")]
    return ("Abbreviations. ", *between, *spelt[-1], ".")


def _texts(artefact: NumberedArtefact) -> Iterator[str]:
    yield plain(artefact.title)
    yield from map(plain, artefact.notes)
    for part in artefact.parts:
        yield from map(plain, (part.title, *part.notes))
        for table in filter(None, (part.table, part.table and part.table.paper)):
            yield from map(plain, _printed(table))
        for drawing in part.drawings:
            yield plain(drawing.title)
            yield from map(unescape, DRAWN.findall(drawing.svg))


def _printed(table: Table) -> Iterator[Inline]:
    for column in table.columns:
        yield from (column.head, column.span)
    for group in table.groups:
        yield group.head
        for row in group.rows:
            yield from (row.head, *row.cells)
    yield from table.footnotes
