"""The appendix as a Word document, and the audit file as another."""

from __future__ import annotations

from pathlib import Path

from reportgen.targets import Edition, Figures, Form


class Docx:
    """Writes `appendix.docx` and, where the report has an audit file, `audit.docx`.

    Tables are tables of Word, figures PNG of 600 dpi, captions and references fields.
    """

    name = "docx"
    opens = "appendix.docx"
    needs: tuple[Form, ...] = ("png",)

    def write(self, edition: Edition, figures: Figures, folder: Path) -> tuple[str, ...]:
        """Write the documents."""
        from reportgen.render.volumes import volumes
        from reportgen.render.word import word_document

        pictures = {name: content for (name, form), content in figures.items() if form == "png"}
        for volume in volumes(edition.appendix):
            (folder / f"{volume.name}.docx").write_bytes(word_document(volume, pictures))
        return ()


TARGET = Docx()
