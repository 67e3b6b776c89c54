"""The files that a journal takes one by one, numbered as in the report."""

from __future__ import annotations

from pathlib import Path

from reportgen.render.appendix import drawings_of
from reportgen.targets import Edition, Figures, Form


class Submission:
    """Writes `submission/`: a PDF for each figure, a Word document for each table, captions and alternative texts."""

    name = "submission"
    opens = ""
    needs: tuple[Form, ...] = ("pdf",)

    def write(self, edition: Edition, figures: Figures, folder: Path) -> tuple[str, ...]:
        """Write the files; where no PDF can be written, say why."""
        from reportgen.render.html import no_pdf_reason
        from reportgen.render.submission import alt_texts, captions, figure_names, stems
        from reportgen.render.word import table_document

        appendix = edition.appendix
        place = folder / "submission"
        place.mkdir(exist_ok=True)
        (place / "captions.txt").write_text(captions(appendix), encoding="utf-8", newline="")
        (place / "alt-texts.txt").write_text(alt_texts(appendix), encoding="utf-8", newline="")
        known = stems(appendix)
        for artefact in appendix.artefacts:
            if any(part.table is not None for part in artefact.parts):
                (place / f"{known[artefact.name]}.docx").write_bytes(table_document(appendix, artefact))
        names = figure_names(appendix)
        available = [drawing.name for drawing in drawings_of(appendix) if (drawing.name, "pdf") in figures]
        for name in available:
            (place / f"{names[name]}.pdf").write_bytes(figures[name, "pdf"])
        return () if len(available) == len(names) else (no_pdf_reason(),)


TARGET = Submission()
