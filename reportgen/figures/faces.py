"""The fonts of pages and figures: the Source family, from Python packages, so that a text looks and measures the same everywhere."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

SANS, SERIF, FALLBACK = "Source Sans Pro", "Source Serif Pro", "DejaVu Sans"


@dataclass(frozen=True, slots=True)
class Face:
    """A font file and what it stands for in a style sheet."""

    family: str
    file: str
    weight: int
    style: str = "normal"

    @property
    def path(self) -> Path:
        """Where the file stands."""
        import font_source_sans_pro
        import font_source_serif_pro

        package = font_source_sans_pro if self.family == SANS else font_source_serif_pro
        return Path(package.font_directory) / self.file


FACES = (
    Face(SANS, "SourceSansPro-Regular.ttf", 400),
    Face(SANS, "SourceSansPro-It.ttf", 400, "italic"),
    Face(SANS, "SourceSansPro-Bold.ttf", 700),
    Face(SERIF, "SourceSerifPro-Regular.ttf", 400),
    Face(SERIF, "SourceSerifPro-Semibold.ttf", 700),
)


def fallback() -> Path:
    """Return the file of DejaVu Sans, which matplotlib ships: it has what Source lacks."""
    import matplotlib

    return Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"
