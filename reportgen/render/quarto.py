"""The Quarto project: the same appendix for those who want to go on writing, as HTML, PDF through typst, or Word.

Everything in it is written by us, so that equal appendices give equal bytes: the text with native captions and
cross-references, tables with measured columns, figures as SVG without fonts and, for Word, as PNG of 600 dpi, and the reference
document from which Word takes its styles. `quarto` itself is run for those who ask for it, and never needed otherwise.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from reportgen.render.appendix import Appendix
from reportgen.render.environment import environment
from reportgen.render.markdown import quoted
from reportgen.render.own_templates import check_yaml, rendered, text_of
from reportgen.render.properties import Properties, day_of, state_of
from reportgen.render.quarto_floats import floats_of, ids_of, series_of
from reportgen.render.word_elements import paragraph
from reportgen.render.word_package import Front, Stretch, package

SECONDS = 600
DAYS_OF_ZIP = (datetime(1980, 1, 1, tzinfo=UTC), datetime(2107, 12, 31, tzinfo=UTC))
"""The first and the last day that a zip file can hold, as which Pandoc writes a Word document."""
REFERENCE_STYLES = ("word/styles.xml", "quarto/styles.xml")
NO_QUARTO = "not rendered: quarto is not on the PATH. Get it from https://quarto.org, or as a package: pip install 'reportgen[quarto]'"


def write_quarto(folder: Path, appendix: Appendix, figures: Mapping[str, bytes]) -> None:
    """Write the Quarto project into a folder.

    Parameters
    ----------
    folder : Path
    appendix : Appendix
    figures : mapping
        Name of a file in `figures/` to its content.
    """
    own = appendix.templates
    result = environment("quarto", own)
    (folder / "figures").mkdir(parents=True, exist_ok=True)
    for name, content in figures.items():
        (folder / "figures" / name).write_bytes(content)
    (folder / "reference.docx").write_bytes(reference_document(appendix))
    context = {"front": _front(appendix), "floats": floats_of(appendix), "ids": ids_of(appendix)}
    for name in ("_quarto.yml", "report.qmd"):
        text = rendered(result, f"quarto/{name}", own, {"appendix": appendix, **context})
        if name.endswith(".yml"):
            check_yaml(f"quarto/{name}", text, own)
        (folder / name).write_text(text.lstrip("\n"), encoding="utf-8")


def reference_document(appendix: Appendix) -> bytes:
    """Return the document from which Quarto's Word takes its styles, its paper and its running heads."""
    study = appendix.study
    styles = [text_of(name, appendix.templates) for name in REFERENCE_STYLES]
    about = Properties(study.title.text, state=state_of(study))
    front = Front(about, study.title.text, title_page=False)
    return package([Stretch(False, (paragraph("Normal", ()),))], front, {}, styles)


def _state(appendix: Appendix) -> list[str]:
    study = appendix.study
    states = (("simulated data", study.simulated), ("draft", study.profile == "draft"))
    return [word for word, holds in states if holds]


def _front(appendix: Appendix) -> dict[str, Any]:
    """Return the words of the front matter."""
    study = appendix.study
    subtitle = ". ".join(text for text in (study.subtitle.text, ", ".join(_state(appendix)).capitalize()) if text)
    return {
        "title": quoted(study.title.text),
        "subtitle": quoted(subtitle),
        "authors": [quoted(author.text) for author in study.authors],
        "date": quoted(study.date.text) if study.date else "",
        "keywords": [quoted(word.text) for word in study.keywords],
        "figures": next((quoted(item.name) for item in series_of(appendix) if item.key == "fig"), quoted("Figure")),
        "series": [{"key": item.key, "name": quoted(item.name)} for item in series_of(appendix) if item.own],
    }


def render_quarto(folder: Path, form: str, appendix: Appendix) -> str:
    """Render the project where `quarto` is on the PATH; return what went wrong, or an empty text.

    Parameters
    ----------
    folder : Path
        Of the project.
    form : str
        As Quarto calls it: `html`, `typst`, `docx`.
    appendix : Appendix
        Its date is that of the documents.
    """
    program = shutil.which("quarto")
    if program is None:
        return NO_QUARTO
    first, last = DAYS_OF_ZIP
    written = min(max(day_of(appendix.study), first), last)
    clock = {"SOURCE_DATE_EPOCH": str(int(written.timestamp()))}
    command = [program, "render", "report.qmd", "--to", form]
    try:
        done = subprocess.run(
            command, cwd=folder, env=os.environ | clock, capture_output=True, text=True, timeout=SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"quarto did not render the report: {type(error).__name__}"
    finally:
        shutil.rmtree(folder / ".quarto", ignore_errors=True)
    if done.returncode == 0:
        return ""
    lines = (done.stderr or done.stdout).strip().splitlines()
    return f"quarto did not render the report: {lines[-1] if lines else 'no reason given'}"
