"""The appendix as PDF, and the audit file as another."""

from __future__ import annotations

from pathlib import Path

from reportgen.targets import Edition, Figures, Form


class Pdf:
    """Writes `appendix.pdf` and, where the report has an audit file, `audit.pdf`, tagged, where the libraries of WeasyPrint are there."""

    name = "pdf"
    opens = "appendix.pdf"
    needs: tuple[Form, ...] = ()

    def write(self, edition: Edition, figures: Figures, folder: Path) -> tuple[str, ...]:
        """Write the documents, or say why there are none."""
        from reportgen.render.html import pdf_page
        from reportgen.render.volumes import volumes

        for volume in volumes(edition.appendix):
            written, reason = pdf_page(volume)
            if written is None:
                return (reason,)
            (folder / f"{volume.name}.pdf").write_bytes(written)
        return ()


TARGET = Pdf()
