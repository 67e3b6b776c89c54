"""Writes the pages: HTML, PDF, figures, tables as CSV and as a workbook, and the Quarto project, into one folder.

In: the study file, the records and the numbered artefacts. Out: the paths that were written. What cannot be written for
want of a library is a warning, and the rest is written all the same.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from reportgen.pool import Pool, Serial
from reportgen.records.artefact import Drawing, NumberedArtefact
from reportgen.records.model import Records
from reportgen.records.numbers import plain
from reportgen.records.results import Source
from reportgen.render.appendix import Appendix, compose
from reportgen.render.workbook import Sheet, workbook
from reportgen.spec import Spec
from reportgen.tables.phrases import joined


@dataclass(frozen=True, slots=True)
class WrittenPages:
    """What was written.

    Attributes
    ----------
    paths : tuple of Path
        The documents first, then the Quarto project, figures and tables.
    warnings : tuple of str
        What could not be written, a sentence each.
    """

    paths: tuple[Path, ...]
    warnings: tuple[str, ...] = ()


def write_pages(
    folder: Path,
    spec: Spec,
    records: Records,
    artefacts: Sequence[NumberedArtefact],
    *,
    formats: Collection[str],
    sources: Mapping[str, Source] | None = None,
    pool: Pool | None = None,
) -> WrittenPages:
    """Write the pages of a report.

    Parameters
    ----------
    folder : Path
        Must exist.
    spec : Spec
    records : Records
    artefacts : sequence of NumberedArtefact
    formats : collection of str
        Of `html`, `pdf` and `quarto`. Figures, tables and the Quarto project are always written; `quarto` renders it.
    sources : dict of str to Source, optional
        What the numbers came from, as the results table says it; without them the page names no lines.
    pool : Pool, optional
        Makes HTML and the files of figures beside the PDF; without one they are made one after the other.

    Returns
    -------
    WrittenPages

    Raises
    ------
    OSError
        Where a file cannot be written.
    """
    return _write(folder.resolve(), compose(spec, records, artefacts), formats, sources or {}, pool or Serial())


def _write(
    folder: Path, appendix: Appendix, formats: Collection[str], sources: Mapping[str, Source], pool: Pool
) -> WrittenPages:
    from reportgen.render.html import html_page, pdf_page
    from reportgen.render.quarto import render_quarto, write_quarto

    html = pool.submit(html_page, appendix, sources) if "html" in formats else None
    drawings = tuple(drawings_of(appendix))
    _write_svg(folder / "figures", drawings)
    printed = [pool.submit(_printed, drawing) for drawing in drawings]
    tables = tuple(_write_tables(folder / "tables", appendix))
    documents, warnings = [], []
    if "pdf" in formats:
        written, reason = pdf_page(appendix, folder)
        if written is None:
            warnings.append(reason)
        else:
            documents.append(folder / "appendix.pdf")
            documents[-1].write_bytes(written)
    if html is not None:
        documents.insert(0, folder / "appendix.html")
        documents[0].write_text(html.result(), encoding="utf-8")
    quarto = write_quarto(folder / "quarto", appendix, drawings_of(appendix))
    if "quarto" in formats and (reason := render_quarto(folder / "quarto")):
        warnings.append(reason)
    figures = zip(drawings, printed, strict=True)
    files = tuple(path for drawing, made in figures for path in _written(folder / "figures", drawing, made.result()))
    return WrittenPages((*documents, *quarto, *files, *tables), tuple(warnings))


def drawings_of(appendix: Appendix) -> Iterator[Drawing]:
    """Yield the drawings in the order of the report."""
    for artefact in appendix.artefacts:
        for part in artefact.parts:
            yield from part.drawings


def _write_svg(folder: Path, drawings: Iterable[Drawing]) -> None:
    """Write the SVG of each drawing, which the PDF needs at once."""
    folder.mkdir(parents=True, exist_ok=True)
    for drawing in drawings:
        (folder / f"{drawing.name}.svg").write_text(drawing.svg, encoding="utf-8")


def _printed(drawing: Drawing) -> dict[str, bytes]:
    """Print a drawing, as a task beside the pages: what is heavy is imported by who does it."""
    from reportgen.figures.paint import printed

    return printed(drawing)


def _written(folder: Path, drawing: Drawing, printed: Mapping[str, bytes]) -> Iterator[Path]:
    """Write what was printed of a drawing; yield its paths, that of the SVG first."""
    yield folder / f"{drawing.name}.svg"
    for ending, content in printed.items():
        path = folder / f"{drawing.name}.{ending}"
        path.write_bytes(content)
        yield path


def sheets_of(appendix: Appendix) -> Iterator[Sheet]:
    """Yield every table with its stable name: those of the artefacts, then those of the pages after the results."""
    for artefact in appendix.artefacts:
        for part in artefact.parts:
            if part.table is not None:
                title = joined([artefact.title, part.title] if part.title else [artefact.title], ": ")
                yield Sheet(artefact.name + part.letter, f"{artefact.label}{part.letter}. {plain(title)}", part.table)
    for section in appendix.back:
        for back in section.tables:
            yield Sheet(back.name, back.title, back.table)


def _write_tables(folder: Path, appendix: Appendix) -> Iterator[Path]:
    from reportgen.render.separated import table_csv

    folder.mkdir(parents=True, exist_ok=True)
    sheets = tuple(sheets_of(appendix))
    for sheet in sheets:
        path = folder / f"{sheet.name}.csv"
        path.write_text(table_csv(sheet.table), encoding="utf-8", newline="")
        yield path
    about = appendix.study.title.text + (" (simulated data)" if appendix.study.simulated else "")
    path = folder / "workbook.xlsx"
    path.write_bytes(workbook(sheets, about))
    yield path
