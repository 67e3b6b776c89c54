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
        from reportgen.render.volumes import volumes

        project, appendix = folder / "quarto", volumes(edition.appendix)[0]
        write_quarto(project, appendix, drawings_of(appendix))
        reason = render_quarto(project)
        return (reason,) if reason else ()


TARGET = Quarto()
