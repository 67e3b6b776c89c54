"""Each figure as files of its own."""

from __future__ import annotations

from pathlib import Path

from reportgen.render.appendix import drawings_of
from reportgen.targets import Edition, Figures, Form


class FigureFiles:
    """Writes `figures/*.svg`, `*.pdf` and `*.png`."""

    name = "figures"
    opens = ""
    needs: tuple[Form, ...] = ("pdf", "png")

    def write(self, edition: Edition, figures: Figures, folder: Path) -> tuple[str, ...]:
        """Write the files; where no PDF can be written, say why."""
        from reportgen.render.html import no_pdf_reason

        place = folder / "figures"
        place.mkdir(exist_ok=True)
        drawings = tuple(drawings_of(edition.appendix))
        for drawing in drawings:
            (place / f"{drawing.name}.svg").write_text(drawing.svg, encoding="utf-8")
        for (name, form), content in figures.items():
            if form in self.needs:
                (place / f"{name}.{form}").write_bytes(content)
        whole = all((drawing.name, "pdf") in figures for drawing in drawings)
        return () if whole else (no_pdf_reason(),)


TARGET = FigureFiles()
