"""The Quarto project: the same appendix for those who want to go on writing, as HTML, PDF through typst, or Word.

Always written; rendered only where the program `quarto` is on the PATH, and never needed by anything else.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

from reportgen.records.artefact import Drawing
from reportgen.render.appendix import Appendix
from reportgen.render.environment import environment
from reportgen.render.markdown import quoted
from reportgen.render.own_templates import rendered

SECONDS = 300


def write_quarto(folder: Path, appendix: Appendix, drawings: Iterable[Drawing]) -> tuple[Path, ...]:
    """Write the Quarto project into a folder: `_quarto.yml`, `report.qmd`, `figures/`."""
    own = appendix.templates
    result = environment("quarto", own)
    (folder / "figures").mkdir(parents=True, exist_ok=True)
    for drawing in drawings:
        (folder / "figures" / f"{drawing.name}.svg").write_text(drawing.svg, encoding="utf-8")
    for name in ("_quarto.yml", "report.qmd"):
        text = rendered(result, f"quarto/{name}", own, {"appendix": appendix, "front": _front(appendix)})
        (folder / name).write_text(text.lstrip("\n"), encoding="utf-8")
    return (folder / "report.qmd",)


def _front(appendix: Appendix) -> dict[str, object]:
    """Return the words of the front matter."""
    study = appendix.study
    state = [
        word for word, holds in (("simulated data", study.simulated), ("draft", study.profile == "draft")) if holds
    ]
    subtitle = ". ".join(text for text in (study.subtitle.text, ", ".join(state).capitalize()) if text)
    return {
        "title": quoted(study.title.text),
        "subtitle": quoted(subtitle),
        "authors": [quoted(author.text) for author in study.authors],
    }


def render_quarto(folder: Path) -> str:
    """Render the project where `quarto` is on the PATH; return what went wrong, or an empty text.

    Where it is not, nothing is done and nothing is wrong.
    """
    program = shutil.which("quarto")
    if program is None:
        return ""
    try:
        done = subprocess.run(
            [program, "render", "report.qmd"], cwd=folder, capture_output=True, text=True, timeout=SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"quarto did not render the report: {type(error).__name__}"
    if done.returncode == 0:
        return ""
    lines = (done.stderr or done.stdout).strip().splitlines()
    return f"quarto did not render the report: {lines[-1] if lines else 'no reason given'}"
