"""The appendix as a Word document."""

from __future__ import annotations

from pathlib import Path

from reportgen.targets import Edition, Figures, Form


class Docx:
    """Writes `appendix.docx`: tables as tables of Word, figures as PNG of 600 dpi, captions and references as fields."""

    name = "docx"
    opens = "appendix.docx"
    needs: tuple[Form, ...] = ("png",)

    def write(self, edition: Edition, figures: Figures, folder: Path) -> tuple[str, ...]:
        """Write the document."""
        from reportgen.render.volumes import volumes
        from reportgen.render.word import word_document

        pictures = {name: content for (name, form), content in figures.items() if form == "png"}
        (folder / self.opens).write_bytes(word_document(volumes(edition.appendix)[0], pictures))
        return ()


TARGET = Docx()
