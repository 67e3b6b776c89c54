"""The appendix as PDF."""

from __future__ import annotations

from pathlib import Path

from reportgen.targets import Edition, Figures, Form


class Pdf:
    """Writes `appendix.pdf`, tagged, where the libraries of WeasyPrint are there."""

    name = "pdf"
    opens = "appendix.pdf"
    needs: tuple[Form, ...] = ()

    def write(self, edition: Edition, figures: Figures, folder: Path) -> tuple[str, ...]:
        """Write the document, or say why there is none."""
        from reportgen.render.html import pdf_page

        written, reason = pdf_page(edition.appendix)
        if written is None:
            return (reason,)
        (folder / self.opens).write_bytes(written)
        return ()


TARGET = Pdf()
