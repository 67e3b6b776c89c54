"""The appendix as one HTML file, and the audit file as another."""

from __future__ import annotations

from pathlib import Path

from reportgen.targets import Edition, Figures, Form


class Html:
    """Writes `appendix.html` and, where the report has an audit file, `audit.html`; neither needs another file."""

    name = "html"
    opens = "appendix.html"
    needs: tuple[Form, ...] = ()

    def write(self, edition: Edition, figures: Figures, folder: Path) -> tuple[str, ...]:
        """Write the pages."""
        from reportgen.render.html import html_page
        from reportgen.render.volumes import volumes

        for volume in volumes(edition.appendix):
            page = html_page(volume, edition.results.sources, edition.faces)
            (folder / f"{volume.name}.html").write_text(page, encoding="utf-8")
        return ()


TARGET = Html()
