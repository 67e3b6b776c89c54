"""All tables as numbers: one workbook, and a CSV file for each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from reportgen.records.numbers import plain
from reportgen.render.appendix import Appendix
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
        sheets = tuple(sheets_of(edition.appendix))
        for sheet in sheets:
            (place / f"{sheet.name}.csv").write_text(table_csv(sheet.table), encoding="utf-8-sig", newline="")
        study = edition.appendix.study
        about = study.title.text + (" (simulated data)" if study.simulated else "")
        (place / "workbook.xlsx").write_bytes(workbook(sheets, about))
        return ()


def sheets_of(appendix: Appendix) -> Iterator[Sheet]:
    """Yield every table with its stable name: those of the artefacts, then those of the pages after the results."""
    for artefact in appendix.artefacts:
        for part in artefact.parts:
            if part.table is not None:
                title = joined([artefact.title, part.title] if part.title else [artefact.title], ": ")
                label = artefact.label + part.letter
                yield Sheet(artefact.name + part.letter, _called(label), f"{label}. {plain(title)}", part.table)
    for section in appendix.back:
        for back in section.tables:
            yield Sheet(back.name, back.title, back.title, back.table)


def _called(label: str) -> str:
    """Return what the sheet of an artefact is called: its label, which has to be short."""
    return label.replace("Supplementary ", "S ")


TARGET = Workbook()
