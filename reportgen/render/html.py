"""The HTML and the PDF of an appendix. Both come from one template; what differs is said by `target` and the style.

The HTML is one file that works alone and offline. The PDF is tagged (PDF/UA-1) and knows no clock.
"""

from __future__ import annotations

import gc
import importlib
import json
import logging
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from reportgen.records.numbers import Number, numbers_in
from reportgen.records.results import Source
from reportgen.render.appendix import Appendix, drawings_of
from reportgen.render.environment import environment
from reportgen.render.fonts import face_rules_inside, face_rules_of_files
from reportgen.render.own_templates import rendered, text_of
from reportgen.render.page_fill import filled, shares_of
from reportgen.render.picture import pictures
from reportgen.render.tags import repair_pdf_tags
from reportgen.spec.templates import OwnTemplate

if TYPE_CHECKING:
    from markupsafe import Markup

NO_PANGO = (
    "no PDF was written: WeasyPrint cannot load the library pango. Install it (Debian and Ubuntu: apt-get install "
    "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0; Fedora: dnf install pango; macOS: brew install pango)"
)
_TAG = re.compile(r"<[^>]*>")
_FONTS = "/* fonts */"


def html_page(
    appendix: Appendix, sources: Mapping[str, Source], faces: Callable[[frozenset[str]], str] = face_rules_inside
) -> str:
    """Return the appendix as one HTML file that needs no other.

    Parameters
    ----------
    appendix : Appendix
    sources : mapping
        Those of the results table.
    faces : callable
        Returns the rules of fonts that have some letters inside.
    """
    from markupsafe import Markup

    own = appendix.templates
    context: dict[str, Any] = {
        "appendix": appendix,
        "style": Markup(_style("common.css", own) + _style("screen.css", own)),
        "script": Markup(_style("script.js", own)),
        "rows": rows_json(appendix, sources),
        "fonts": Markup(_FONTS),
    }
    # which letters the fonts must have is known when the page is made
    page = rendered(environment("html", own), "page.html", own, context)
    letters = frozenset(_TAG.sub(" ", page))
    return page.replace(_FONTS, faces(frozenset(c for c in letters if c.isprintable())), 1)


def pdf_page(appendix: Appendix) -> tuple[bytes | None, str]:
    """Return the appendix as PDF, or None and the reason in one sentence."""
    if reason := no_pdf_reason():
        return None, reason
    with _nothing_collected():
        document = pdf_document(appendix)
        written: bytes = document.write_pdf(pdf_variant="pdf/ua-1", finisher=repair_pdf_tags)
    return written, ""


def no_pdf_reason() -> str:
    """Return why no PDF can be written here, in one sentence, or an empty text."""
    try:
        importlib.import_module("weasyprint")
    except OSError as error:  # its libraries are looked for when it is imported, and at no other time
        return f"{NO_PANGO}. The system says: {_first_line(error)}"
    # its remarks on fonts that subset oddly are for those who write fonts
    logging.getLogger("fontTools").setLevel(logging.ERROR)
    return ""


def _first_line(error: OSError) -> str:
    return str(error).partition("\n")[0].partition("Additionally")[0].strip().rstrip(".")


@contextmanager
def _nothing_collected() -> Iterator[None]:
    """Keep Python from looking for garbage: a document is one web of boxes, all in use until the file is written.

    The search takes a fifth of the time of a PDF and finds less than 10 MB.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


PASSES = 4


def pdf_document(appendix: Appendix) -> Any:
    """Return the laid-out pages, before they become a file; again with smaller drawings where a page is half empty."""
    shares: dict[str, float] = {}
    document = _laid_out(appendix, shares)
    for _ in range(PASSES):
        smaller = shares_of([filled(page) for page in document.pages], shares)
        if not smaller:
            break
        shares |= smaller
        document = _laid_out(appendix, shares)
    return document


def _laid_out(appendix: Appendix, shares: Mapping[str, float]) -> Any:
    """Return the pages with drawings at these shares of their size."""
    import weasyprint
    from markupsafe import Markup

    own = appendix.templates
    context = {
        "appendix": appendix,
        "shares": shares,
        "style": Markup(_style("common.css", own) + _style("paper.css", own)),
        "fonts": Markup(face_rules_of_files()),
    }
    source = rendered(environment("pdf", own), "page.html", own, context)
    return weasyprint.HTML(string=source).render(pdf_variant="pdf/ua-1", cache=pictures(drawings_of(appendix)))


def _style(name: str, own: Sequence[OwnTemplate]) -> str:
    return text_of(f"style/{name}", own)


def rows_json(appendix: Appendix, known: Mapping[str, Source]) -> Markup:
    """Return what the page can tell of each number: the rows of the results table, without those of quotations."""
    from markupsafe import Markup

    rows: dict[str, Number] = {n.id: n for n in numbers_in(appendix) if n.kind != "quotation"}
    sources = list(dict.fromkeys(row.source for row in rows.values()))
    index = {source: i for i, source in enumerate(sources)}
    content = {
        "sources": [_place(source, known) for source in sources],
        "rows": {
            row.id: _trimmed(
                [
                    row.shown,
                    row.unit,
                    row.n,
                    row.trials,
                    "" if row.status == "ok" else row.status,
                    row.reason,
                    index[row.source],
                ]
            )
            for row in rows.values()
        },
    }
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return Markup(text.replace("<", "\\u003c").replace("&", "\\u0026"))


def _trimmed(row: list[Any]) -> list[Any]:
    value = row[0]
    if isinstance(value, float) and not math.isfinite(value):  # JSON knows no ∞
        return [None, *row[1:]]
    return [int(value) if isinstance(value, float) and value.is_integer() else value, *row[1:]]


def _place(source: str, known: Mapping[str, Source]) -> str:
    """Return a source with its line of the study file or a mapping, as the results table has it."""
    return f"{source} ({known[source].spec})" if source in known else source
