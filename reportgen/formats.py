"""The names of what a report can be written as, before anything that writes it is imported.

A distribution that writes another format names it as an entry point of the group `reportgen.targets`: `targets` finds the
writer under it.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # --help does without
    from importlib.metadata import EntryPoint

GROUP = "reportgen.targets"
BUILT_IN = {
    "html": "The appendix as one HTML file that works alone and offline.",
    "pdf": "The appendix as PDF, tagged for screen readers (PDF/UA-1).",
    "docx": "The appendix as a Word document, and the audit file as another: tables of Word, figures as PNG of 600 dpi, captions and references as fields.",
    "quarto": "A Quarto project of the appendix, to go on writing.",
    "figures": "Each figure as SVG, PDF and PNG of 600 dpi.",
    "workbook": "All tables in one workbook, and each as CSV.",
    "results": "Every number as a row, as Parquet, CSV and JSON; and what is drawn and not printed, as Parquet.",
    "submission": "For a journal: each figure as PDF, each table as a Word document, captions and alternative texts.",
    "quarto-html": "The Quarto project rendered as HTML, where quarto is on the PATH.",
    "quarto-pdf": "The Quarto project rendered as PDF by typst, where quarto is on the PATH.",
    "quarto-docx": "The Quarto project rendered as a Word document, where quarto is on the PATH.",
}
"""Formats of this package, and what each is."""
ON_REQUEST = frozenset({"submission", "quarto-html", "quarto-pdf", "quarto-docx"})
DEFAULT = tuple(name for name in BUILT_IN if name not in ON_REQUEST)
"""Formats that are written unless the study or the command says otherwise."""


@cache
def plugged_in() -> dict[str, EntryPoint]:
    """Return the formats of other distributions, by name; the names of this package are taken."""
    from importlib.metadata import entry_points

    return {found.name: found for found in sorted(entry_points(group=GROUP)) if found.name not in BUILT_IN}


def formats() -> dict[str, str]:
    """Return every format that can be asked for, and what it is.

    Examples
    --------
    >>> list(formats())[:2]
    ['html', 'pdf']
    """
    others = {name: f"Written by {found.value.partition(':')[0]}." for name, found in plugged_in().items()}
    return BUILT_IN | others
