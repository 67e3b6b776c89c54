"""The Jinja environment: strict about names, escaping everything, with the filters that templates may use.

One template tree serves all targets; each target has an environment of its own, since a number is an element in HTML and
PDF and plain text in Quarto.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache, partial
from typing import TYPE_CHECKING

from reportgen.houses import PLAIN
from reportgen.records.artefact import Drawing, NumberedArtefact
from reportgen.records.marks import is_mark
from reportgen.records.numbers import Inline
from reportgen.render.appendix import BackSection
from reportgen.render.inline import (
    alt_ids,
    alt_of,
    cell_html,
    inline_html,
    letters_of,
    number_html,
    paper_inline,
    svg_html,
)
from reportgen.render.layout import Look, set_table
from reportgen.render.markdown import attribute, html_cell, markdown
from reportgen.render.own_templates import loader
from reportgen.render.paper_table import looks_of, paper_classes, paper_table
from reportgen.render.picture import source_of
from reportgen.render.quarto_floats import quarto_table
from reportgen.render.widths import FIGURE_SPACE, depth, figure_spaces
from reportgen.spec.templates import OwnTemplate

if TYPE_CHECKING:
    from jinja2 import Environment


EM_SPACE = "\u2003"


def environment(target: str, own: Sequence[OwnTemplate] = ()) -> Environment:
    """Return the environment of a target; a study's own templates are found before others.

    The same is returned again, so that the templates of both volumes, and of a page that is laid out anew, are compiled once.
    """
    return _environment(target, tuple(own))


@lru_cache(maxsize=8)  # all targets of a study and of the one before
def _environment(target: str, own: tuple[OwnTemplate, ...]) -> Environment:
    from jinja2 import Environment, StrictUndefined

    result = Environment(
        loader=loader(own),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    result.globals |= {"target": target, "full_width_mm": PLAIN.width}
    result.filters |= {
        "n": number_html,
        "inline": inline_html,
        "cell": lambda cell, notes: cell_html(cell.inline, cell.classes, notes),
        "inside_link": inline_html,
        "ready": set_table,
        "marked": _marked,
        "svg": svg_html,
        "alt": alt_of,
        "alt_ids": alt_ids,
        "on_paper": paper_table,
        "paper_classes": paper_classes,
        "plural": plural,
        "continued": continued,
        "looks": lambda section: _looks(section, target),
    }
    if target == "pdf":
        result.filters |= {
            "inline": paper_inline,
            "inside_link": partial(paper_inline, linked=False),
            "paper_source": source_of,
            "on_paper": paper_table,
            "paper_classes": paper_classes,
        }
    if target == "quarto":
        result.filters |= {
            "inline": html_cell,
            "markdown": markdown,
            "attribute": attribute,
            "measured": quarto_table,
            "indent_of": lambda row: EM_SPACE * depth(row),
            "figure_indent": lambda cell: FIGURE_SPACE * figure_spaces(cell),
        }
    return result


def _marked(note: Inline) -> str:
    """Return the letters of the mark that a footnote begins with, or an empty text."""
    first = note[0] if note else ""
    return letters_of(first) if isinstance(first, str) and is_mark(first) else ""


def continued(drawing: Drawing, found: Sequence[Drawing]) -> bool:
    """Whether a drawing is a further page of another one: "fig1-2" of "fig1"."""
    stem, _, page = drawing.name.rpartition("-")
    return page.isdigit() and any(other.name == stem for other in found)


def _looks(section: NumberedArtefact | BackSection, target: str) -> tuple[Look, ...]:
    """Return how the table of each part of a section is set on paper."""
    tables = [part.table for part in (section.parts if isinstance(section, NumberedArtefact) else section.tables)]
    return looks_of([table and table.on(target) for table in tables])


def plural(series: str) -> str:
    """Return what the list of a series is called.

    Examples
    --------
    >>> plural("Table"), plural("Fig."), plural("Appendix"), plural("Box")
    ('Tables', 'Figures', 'Appendices', 'Box')
    """
    known = {"Table": "Tables", "Fig.": "Figures", "Figure": "Figures", "Appendix": "Appendices"}
    first, _, last = series.rpartition(" ")
    return f"{first} {known.get(last, last)}".strip() if last in known else series
