"""The appendix as a Quarto project."""

from __future__ import annotations

from pathlib import Path

from reportgen.render.appendix import drawings_of
from reportgen.targets import Edition, Figures, Form


class Quarto:
    """Writes `quarto/`, with the SVG of each figure, and renders it where the program is there."""

    name = "quarto"
    opens = ""
    needs: tuple[Form, ...] = ()

    def write(self, edition: Edition, figures: Figures, folder: Path) -> tuple[str, ...]:
        """Write the project; say what went wrong where it was rendered."""
        from reportgen.render.quarto import render_quarto, write_quarto

        project = folder / "quarto"
        write_quarto(project, edition.appendix, drawings_of(edition.appendix))
        reason = render_quarto(project)
        return (reason,) if reason else ()


TARGET = Quarto()
