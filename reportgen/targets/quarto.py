"""The appendix as a Quarto project."""

from __future__ import annotations

from pathlib import Path

from reportgen.targets import Edition, Figures, Form

SUFFIX: dict[Form, str] = {"png": "png", "outlined": "svg"}


class Quarto:
    """Writes `quarto/`, with each figure as SVG and as PNG."""

    name = "quarto"
    opens = ""
    needs: tuple[Form, ...] = ("png", "outlined")

    def write(self, edition: Edition, figures: Figures, folder: Path) -> tuple[str, ...]:
        """Write the project."""
        from reportgen.render.appendix import drawings_of
        from reportgen.render.quarto import write_quarto
        from reportgen.render.volumes import volumes

        appendix = volumes(edition.appendix)[0]
        here = {drawing.name for drawing in drawings_of(appendix)}
        files = {
            f"{name}.{SUFFIX[form]}": content
            for (name, form), content in figures.items()
            if name in here and form in SUFFIX
        }
        write_quarto(folder / "quarto", appendix, files)
        return ()


class Rendered(Quarto):
    """Writes `quarto/` and renders it into a document of one format, where the program is there."""

    def __init__(self, form: str, called: str, ending: str) -> None:
        self.form = called
        self.name = f"quarto-{form}"
        self.opens = f"quarto/_site/report.{ending}"

    def write(self, edition: Edition, figures: Figures, folder: Path) -> tuple[str, ...]:
        """Write the project, unless it is there, and render it; say what went wrong."""
        from reportgen.render.quarto import render_quarto
        from reportgen.render.volumes import volumes

        if not (folder / "quarto" / "report.qmd").is_file():
            super().write(edition, figures, folder)
        reason = render_quarto(folder / "quarto", self.form, volumes(edition.appendix)[0])
        return (reason,) if reason else ()


TARGET = Quarto()
