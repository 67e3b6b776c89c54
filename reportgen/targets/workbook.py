"""All tables as numbers: one workbook, and a CSV file for each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from reportgen.records.numbers import plain
from reportgen.render.appendix import Appendix
from reportgen.render.properties import properties_of
from reportgen.render.workbook import Sheet, workbook
from reportgen.tables.phrases import joined
from reportgen.targets import Edition, Figures, Form


class Workbook:
    """Writes `tables/workbook.xlsx` and `tables/*.csv`."""

    name = "workbook"
    opens = ""
    needs: tuple[Form, ...] = ()

    def write(self, edition: Edition, figures: Figures, folder: Path) -> tuple[str, ...]:
        """Write the tables."""
        from reportgen.render.separated import table_csv

        place = folder / "tables"
        place.mkdir(exist_ok=True)
        sheets = tuple(sheets_of(edition.appendix, edition.plain or edition.appendix))
        for sheet in sheets:
            (place / f"{sheet.name}.csv").write_text(table_csv(sheet.table), encoding="utf-8-sig", newline="")
        (place / "workbook.xlsx").write_bytes(workbook(sheets, properties_of(edition.appendix)))
        return ()


def sheets_of(appendix: Appendix, numbers: Appendix) -> Iterator[Sheet]:
    """Yield every table with its stable name: those of the artefacts, then those of the pages after the results.

    Parameters
    ----------
    appendix : Appendix
        Gives titles, heads and notes.
    numbers : Appendix
        The same report, which gives the cells.
    """
    for artefact, same in zip(appendix.artefacts, numbers.artefacts, strict=True):
        for part, cells in zip(artefact.parts, same.parts, strict=True):
            if part.table is not None and cells.table is not None:
                title = joined([artefact.title, part.title] if part.title else [artefact.title], ": ")
                label = artefact.label + part.letter
                table = replace(part.table, groups=cells.table.groups)
                yield Sheet(artefact.name + part.letter, _called(label), f"{label}. {plain(title)}", table)
    for section, same_section in zip(appendix.back, numbers.back, strict=True):
        for back, cells_of in zip(section.tables, same_section.tables, strict=True):
            yield Sheet(back.name, back.title, back.title, replace(back.table, groups=cells_of.table.groups))


def _called(label: str) -> str:
    """Return what the sheet of an artefact is called: its label, which has to be short."""
    return label.replace("Supplementary ", "S ")


TARGET = Workbook()
