"""Each figure as files of its own."""

from __future__ import annotations

from pathlib import Path

from reportgen.render.appendix import drawings_of
from reportgen.targets import Edition, Figures, Form

SUFFIX: dict[Form, str] = {"pdf": "pdf", "png": "png", "outlined": "svg"}


class FigureFiles:
    """Writes `figures/*.svg`, whose letters are outlines and need no font, `*.pdf` and `*.png`."""

    name = "figures"
    opens = ""
    needs: tuple[Form, ...] = tuple(SUFFIX)

    def write(self, edition: Edition, figures: Figures, folder: Path) -> tuple[str, ...]:
        """Write the files; where no PDF can be written, say why."""
        from reportgen.render.html import no_pdf_reason

        place = folder / "figures"
        place.mkdir(exist_ok=True)
        drawings = tuple(drawings_of(edition.appendix))
        for (name, form), content in figures.items():
            if form in self.needs:
                (place / f"{name}.{SUFFIX[form]}").write_bytes(content)
        whole = all((drawing.name, "pdf") in figures for drawing in drawings)
        return () if whole else (no_pdf_reason(),)


TARGET = FigureFiles()
