"""Writes the pages: HTML, PDF, figures, tables as CSV and as a workbook, and the Quarto project, into one folder.

In: the study file, the records and the numbered artefacts. Out: the paths that were written. What cannot be written for
want of a library is a warning, and the rest is written all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from reportgen.executor import Executor
from reportgen.records.artefact import Drawing, NumberedArtefact
from reportgen.records.model import Records
from reportgen.records.numbers import plain
from reportgen.records.results import Source
from reportgen.render.appendix import Appendix, compose, drawings_of
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
    executor: Executor | None = None,
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
    executor : Executor, optional
        Makes HTML and the files of figures beside the PDF; without one they are made one after the other.

    Returns
    -------
    WrittenPages

    Raises
    ------
    OSError
        Where a file cannot be written.
    """
    return _write(folder.resolve(), compose(spec, records, artefacts), formats, sources or {}, executor or Executor())


def _write(
    folder: Path, appendix: Appendix, formats: Collection[str], sources: Mapping[str, Source], executor: Executor
) -> WrittenPages:
    from reportgen.render.html import html_page, pdf_page
    from reportgen.render.quarto import render_quarto, write_quarto

    html = executor.start(html_page, appendix, sources) if "html" in formats else None
    figures = _start_figures(folder / "figures", tuple(drawings_of(appendix)), executor)
    tables = tuple(_write_tables(folder / "tables", appendix))
    documents, warnings = [], []
    if "pdf" in formats:
        written, reason = pdf_page(appendix)
        if written is None:
            warnings.append(reason)
        else:
            documents.append(folder / "appendix.pdf")
            documents[-1].write_bytes(written)
    if html is not None:
        documents.insert(0, folder / "appendix.html")
        documents[0].write_text(html(), encoding="utf-8")
    quarto = write_quarto(folder / "quarto", appendix, drawings_of(appendix))
    if "quarto" in formats and (reason := render_quarto(folder / "quarto")):
        warnings.append(reason)
    files = tuple(path for written in figures for path in written())
    return WrittenPages((*documents, *quarto, *files, *tables), tuple(warnings))


def _start_figures(
    folder: Path, drawings: Sequence[Drawing], executor: Executor
) -> list[Callable[[], tuple[Path, ...]]]:
    """Start to write the files of each drawing beside the pages."""
    folder.mkdir(parents=True, exist_ok=True)
    return [
        executor.start(_write_figures_as_pdf, folder, drawings),
        *(executor.start(_write_figure, folder, drawing) for drawing in drawings),
    ]


def _write_figure(folder: Path, drawing: Drawing) -> tuple[Path, ...]:
    from reportgen.figures.paint import png

    paths = folder / f"{drawing.name}.svg", folder / f"{drawing.name}.png"
    paths[0].write_text(drawing.svg, encoding="utf-8")
    paths[1].write_bytes(png(drawing))
    return paths


def _write_figures_as_pdf(folder: Path, drawings: Sequence[Drawing]) -> tuple[Path, ...]:
    from reportgen.render.html import why_no_pdf
    from reportgen.render.picture import figure_files

    if why_no_pdf():
        return ()
    paths = []
    for name, content in figure_files(drawings):
        paths.append(folder / f"{name}.pdf")
        paths[-1].write_bytes(content)
    return tuple(paths)


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
