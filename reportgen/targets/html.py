"""The appendix as one HTML file."""

from __future__ import annotations

from pathlib import Path

from reportgen.targets import Edition, Figures, Form


class Html:
    """Writes `appendix.html`, which needs no other file."""

    name = "html"
    opens = "appendix.html"
    needs: tuple[Form, ...] = ()

    def write(self, edition: Edition, figures: Figures, folder: Path) -> tuple[str, ...]:
        """Write the page."""
        from reportgen.render.html import html_page

        page = html_page(edition.appendix, edition.results.sources, edition.faces)
        (folder / self.opens).write_text(page, encoding="utf-8")
        return ()


TARGET = Html()
