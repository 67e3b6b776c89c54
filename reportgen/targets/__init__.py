"""What a report is written as: HTML, PDF, a Quarto project, figure files, tables, results; each a target of its own.

In: an edition of the report, complete and frozen. Out: files in one folder. A target is found by its name: one of this
package in the module of that name, one of another distribution through its entry point in the group `reportgen.targets`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Literal, Protocol, cast

from reportgen.formats import BUILT_IN, plugged_in
from reportgen.graph import Maker
from reportgen.pool import Serial
from reportgen.records.artefact import Drawing
from reportgen.records.results import Results
from reportgen.render.appendix import Appendix, drawings_of
from reportgen.render.fonts import face_rules_inside
from reportgen.render.html import no_pdf_reason
from reportgen.task import Task

__all__ = ["Edition", "Figures", "Form", "Target", "Written", "in_own_fonts", "target", "write_targets"]

Form = Literal["png", "pdf", "outlined"]
"""A form of figures that is made for those who need it: pixels, PDF, or SVG with letters as outlines; SVG with text is in the appendix itself."""
Figures = Mapping[tuple[str, Form], bytes]
"""Figures in these forms, by the names of their drawings. One that could not be made is missing."""

LONGEST = ("pdf", "html")
"""What takes longest, as measured: written by the first process while the others do the rest."""


@dataclass(frozen=True, slots=True)
class Edition:
    """A report as every target is given it.

    Attributes
    ----------
    appendix : Appendix
        All that the pages print, in order, in the house style of the report.
    plain : Appendix, optional
        The same with numbers as other software reads them; None where the house style prints them so.
    results : Results
        Every number of the report, with its sources.
    series : tuple of (str, bytes)
        What is drawn and not printed: names of files and their contents.
    faces : callable
        Returns the rules of the page's fonts, which hold the given letters; it knows kept ones where the store is at hand.
    """

    appendix: Appendix
    results: Results
    series: tuple[tuple[str, bytes], ...] = ()
    faces: Callable[[frozenset[str]], str] = face_rules_inside
    plain: Appendix | None = None


class Target(Protocol):
    """Something that a report is written as."""

    @property
    def name(self) -> str:
        """As study files and `--formats` name it."""
        ...

    @property
    def opens(self) -> str:
        """The document that a reader opens, by its path in the folder of the report; empty where there is none."""
        ...

    @property
    def needs(self) -> tuple[Form, ...]:
        """Forms of the figures that `write` is given; their SVG is in the appendix anyway."""
        ...

    def write(self, edition: Edition, figures: Figures, folder: Path) -> tuple[str, ...]:
        """Write into the folder of the report; return what could not be written, a sentence each.

        It may run in another process. Equal editions give equal bytes.

        Raises
        ------
        OSError
            Where a file cannot be written.
        """
        ...


@dataclass(frozen=True, slots=True)
class Written:
    """What the targets left behind.

    Attributes
    ----------
    opens : tuple of Path
        The documents that a reader opens, in the order of the formats.
    warnings : tuple of str
        What could not be written, a sentence each.
    complete : bool
        Whether every document is there.
    """

    opens: tuple[Path, ...]
    warnings: tuple[str, ...]
    complete: bool


def target(name: str) -> Target:
    """Return the target of a name.

    Examples
    --------
    >>> target("pdf").opens
    'appendix.pdf'
    """
    found = (
        plugged_in()[name].load()
        if name not in BUILT_IN
        else import_module(f"reportgen.targets.{name.replace('-', '_')}").TARGET
    )
    return cast(Target, found)


def write_targets(edition: Edition, names: Collection[str], folder: Path, make: Maker | None = None) -> Written:
    """Write an edition of a report.

    Parameters
    ----------
    edition : Edition
    names : collection of str
        Of targets; in the order in which their documents are listed.
    folder : Path
        Must exist.
    make : Maker, optional
        Its pool writes them side by side; what takes longest is written by this process, whose memory no pool watches.

    Raises
    ------
    OSError
        Where a file cannot be written.
    """
    make = make or Maker()
    writers = make.pool if make.pool.shares_files else Serial()
    asked = [target(name) for name in dict.fromkeys(names)]
    at_once = sorted((item for item in asked if not item.needs), key=_longest_first)
    begun = {item.name: writers.submit(_write, item.name, edition, folder) for item in at_once[1:]}
    drawings = tuple(drawings_of(edition.appendix))
    needed = {form for item in asked for form in item.needs}
    with ThreadPoolExecutor(1) as beside:
        pixels = beside.submit(_by_all, needed, drawings, make)
        if make.pool.workers == 1:
            pixels.result()  # there is no other process to wait for
        here = replace(edition, faces=partial(face_rules_inside, make=make))
        warnings_of = {item.name: item.write(here, {}, folder) for item in at_once[:1]}
        paper = _made("pdf", drawings if "pdf" in needed and not no_pdf_reason() else (), make)
        figures = {**paper, **pixels.result()}
    warnings_of |= {item.name: item.write(edition, figures, folder) for item in asked if item.needs}
    warnings_of |= {name: warnings.result() for name, warnings in begun.items()}
    documents = [Path(item.opens) for item in asked if item.opens]
    available = tuple(path for path in documents if (folder / path).is_file())
    warnings = dict.fromkeys(warning for item in asked for warning in warnings_of[item.name])
    return Written(available, tuple(warnings), len(available) == len(documents))


def in_own_fonts(names: Collection[str]) -> bool:
    """Whether any of some targets is set, or has figures that are painted, with the fonts of the report.

    Examples
    --------
    >>> in_own_fonts(["html", "results"]), in_own_fonts(["results", "pdf"]), in_own_fonts(["docx"])
    (False, True, True)
    """
    return any(name == "pdf" or target(name).needs for name in names)


def _longest_first(item: Target) -> int:
    return LONGEST.index(item.name) if item.name in LONGEST else len(LONGEST)


def _write(name: str, edition: Edition, folder: Path) -> tuple[str, ...]:
    return target(name).write(edition, {}, folder)


def _made(form: Form, drawings: tuple[Drawing, ...], make: Maker) -> Figures:
    """Return drawings in a form, those as PDF by this process: it has the library already, and room for it."""
    tasks = [
        Task(f"{form}.{drawing.name}", MADE[form], {"drawing": drawing}, cost=0.2, here=form == "pdf")
        for drawing in drawings
    ]
    return {(drawing.name, form): content for drawing, content in zip(drawings, make(tasks), strict=True)}


def _by_all(needed: Collection[Form], drawings: tuple[Drawing, ...], make: Maker) -> Figures:
    """Return drawings in the forms that any process may make."""
    return {key: content for form in BY_ALL if form in needed for key, content in _made(form, drawings, make).items()}


def _as_pdf(drawing: Drawing) -> bytes:
    from reportgen.render.picture import figure_files

    ((_, content),) = figure_files((drawing,))
    return content


def _as_png(drawing: Drawing) -> bytes:
    from reportgen.figures.paint import png

    return png(drawing)


def _as_outlines(drawing: Drawing) -> bytes:
    from reportgen.figures.paint import outlined

    return outlined(drawing)


MADE: dict[Form, Callable[..., bytes]] = {"pdf": _as_pdf, "png": _as_png, "outlined": _as_outlines}
BY_ALL: tuple[Form, ...] = ("png", "outlined")
