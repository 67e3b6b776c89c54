"""What a report is written as: HTML, PDF, a Quarto project, figure files, tables, results; each a target of its own.

In: an edition of the report, complete and frozen. Out: files in one folder. A target is found by its name: one of this
package in the module of that name, one of another distribution through its entry point in the group `reportgen.targets`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Literal, Protocol, cast

from reportgen.executor import Executor
from reportgen.formats import BUILT_IN, plugged_in
from reportgen.records.artefact import Drawing
from reportgen.records.results import Results
from reportgen.render.appendix import Appendix, drawings_of

__all__ = ["Edition", "Figures", "Form", "Target", "Written", "target", "write_targets"]

Form = Literal["png", "pdf"]
"""A form of figures that is made for those who need it; their SVG is in the appendix itself."""
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
        All that the pages print, in order.
    results : Results
        Every number of the report, with its sources.
    series : tuple of (str, bytes)
        What is drawn and not printed: names of files and their contents.
    """

    appendix: Appendix
    results: Results
    series: tuple[tuple[str, bytes], ...] = ()


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
    found = plugged_in()[name].load() if name not in BUILT_IN else import_module(f"reportgen.targets.{name}").TARGET
    return cast(Target, found)


def write_targets(edition: Edition, names: Collection[str], folder: Path, executor: Executor | None = None) -> Written:
    """Write an edition of a report.

    Parameters
    ----------
    edition : Edition
    names : collection of str
        Of targets; in the order in which a reader is told of their documents.
    folder : Path
        Must exist.
    executor : Executor, optional
        Writes them side by side; what takes longest is written by this process.

    Raises
    ------
    OSError
        Where a file cannot be written.
    """
    executor = executor or Executor()
    asked = [target(name) for name in dict.fromkeys(names)]
    at_once = sorted((one for one in asked if not one.needs), key=_longest_first)
    begun = {one.name: executor.start(_write, one.name, edition, folder) for one in at_once[1:]}
    needed = {form for one in asked for form in one.needs}
    making = _start_making(needed, tuple(drawings_of(edition.appendix)), executor)
    said = {one.name: one.write(edition, {}, folder) for one in at_once[:1]}
    figures = {key: content for made in making for key, content in made().items()}
    said |= {one.name: one.write(edition, figures, folder) for one in asked if one.needs}
    said |= {name: warnings() for name, warnings in begun.items()}
    documents = [Path(one.opens) for one in asked if one.opens]
    there = tuple(path for path in documents if (folder / path).is_file())
    warnings = dict.fromkeys(warning for one in asked for warning in said[one.name])
    return Written(there, tuple(warnings), len(there) == len(documents))


def _longest_first(one: Target) -> int:
    return LONGEST.index(one.name) if one.name in LONGEST else len(LONGEST)


def _write(name: str, edition: Edition, folder: Path) -> tuple[str, ...]:
    return target(name).write(edition, {}, folder)


def _start_making(
    forms: Collection[Form], drawings: tuple[Drawing, ...], executor: Executor
) -> list[Callable[[], Figures]]:
    """Start to make the drawings in the forms that somebody needs; nothing where nobody needs any."""
    begun = [executor.start(_as_png, drawing) for drawing in drawings if "png" in forms]
    # made when it is waited for: this process has the library of the PDF already, and room for it
    return [partial(_as_pdf, drawings), *begun] if "pdf" in forms else begun


def _as_pdf(drawings: tuple[Drawing, ...]) -> Figures:
    from reportgen.render.html import why_no_pdf
    from reportgen.render.picture import figure_files

    return {} if why_no_pdf() else {(name, "pdf"): content for name, content in figure_files(drawings)}


def _as_png(drawing: Drawing) -> Figures:
    from reportgen.figures.paint import png

    return {(drawing.name, "png"): png(drawing)}
