"""The HTML and the PDF of an appendix. Both come from one template; what differs is said by `target` and the style.

The HTML is one file that works alone and offline. The PDF is tagged (PDF/UA-1) and knows no clock.
"""

from __future__ import annotations

import gc
import importlib
import logging
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from reportgen.records.numbers import numbers_in
from reportgen.records.results import Source
from reportgen.render.appendix import Appendix, drawings_of
from reportgen.render.environment import environment
from reportgen.render.fonts import face_rules_inside, face_rules_of_files
from reportgen.render.keys import ids_of, keyed, rows_json
from reportgen.render.own_templates import rendered, text_of
from reportgen.render.page_fill import filled, shares_of
from reportgen.render.pdf_reading import set_up_reading
from reportgen.render.picture import pictures
from reportgen.render.tags import repair_pdf_tags
from reportgen.spec.templates import OwnTemplate

NO_PANGO = (
    "no PDF was written: WeasyPrint cannot load the library pango. Install it (Debian and Ubuntu: apt-get install "
    "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0; Fedora: dnf install pango; macOS: brew install pango)"
)
_TAG = re.compile(r"<[^>]*>")
_FONTS, _ROWS = "/* fonts */", "{rows}"
SCRIPTS = ("numbers.js", "tables.js", "figures.js", "contents.js")


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
        "script": Markup("".join(text_of(f"script/{name}", own) for name in SCRIPTS)),
        "fonts": Markup(_FONTS),
        "rows": Markup(_ROWS),
    }
    # which numbers it shows and which letters the fonts must have is known when the page is made
    page = rendered(environment("html", own), "page.html", own, context)
    ids = ids_of(page)
    page = keyed(page, ids).replace(_ROWS, rows_json(ids, numbers_in(appendix), sources), 1)
    letters = frozenset(_TAG.sub(" ", page))
    return page.replace(_FONTS, faces(frozenset(c for c in letters if c.isprintable())), 1)


def pdf_page(appendix: Appendix) -> tuple[bytes | None, str]:
    """Return the appendix as PDF, or None and the reason in one sentence."""
    if reason := no_pdf_reason():
        return None, reason
    with _nothing_collected():
        document = pdf_document(appendix)
        written: bytes = document.write_pdf(pdf_variant="pdf/ua-1", finisher=finish_pdf)
    return written, ""


def finish_pdf(document: Any, pdf: Any) -> None:
    """Mend a PDF before it is written: a `finisher` of `weasyprint.Document.write_pdf`."""
    repair_pdf_tags(document, pdf)
    set_up_reading(pdf)


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
