"""A study's own templates: files that take the place of those of the package with the same name.

In: the folder that `report: {templates: …}` names. Out: its files as they were read, or every problem of them: a file that
takes nobody's place, and one that Jinja or an XML parser cannot read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

from reportgen.errors import Problem, SpecError, did_you_mean
from reportgen.origin import Origin
from reportgen.resources import files_in, template_names
from reportgen.spec.text import as_text, is_folder, lines_of, read_text, shown_path

OF_JINJA = (".html", ".qmd", ".yml")
STYLES = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}styles"


@dataclass(frozen=True, slots=True)
class OwnTemplate:
    """A template of a study.

    Attributes
    ----------
    name : str
        Path inside the folder, and inside that of the package: `sections/title.html`.
    path : Path
    shown : str
        The path as the user would type it.
    text : str
        As it was read; what stands in the file by now does not matter.
    sha256 : str
        Of its bytes.
    """

    name: str
    path: Path
    shown: str
    text: str
    sha256: str


def read_templates(folder: Path, place: Origin) -> tuple[tuple[OwnTemplate, ...], list[Problem]]:
    """Return a study's own templates, and what is wrong with them.

    Parameters
    ----------
    folder : Path
    place : Origin
        Where the study file names it.
    """
    if not is_folder(folder):
        hint = "Name a folder, relative to the study file, with templates of your own."
        return (), [Problem(f"there is no folder '{shown_path(folder)}'", place, hint)]
    names, known = files_in(folder), template_names()
    if not names:
        hint = "Put a template of your own into it, or leave `templates` out."
        return (), [Problem(f"the folder '{shown_path(folder)}' has no template", place, hint)]
    problems = [_of_nobody(folder / name, name, known) for name in names if name not in known]
    own: list[OwnTemplate] = []
    for name in (name for name in names if name in known):
        path, shown = folder / name, shown_path(folder / name)
        try:
            own.append(OwnTemplate(name, path, shown, *read_text(path, shown)))
        except SpecError as error:
            problems += error.problems
    return tuple(own), problems + [problem for template in own for problem in _unreadable(template)]


def _of_nobody(path: Path, name: str, known: tuple[str, ...]) -> Problem:
    shown = as_text(name)
    hint = did_you_mean(shown, known)
    return Problem(f"there is no template '{shown}' that this file could replace", Origin(shown_path(path), 1), hint)


def _unreadable(template: OwnTemplate) -> Iterator[Problem]:
    """Yield where Jinja or an XML parser stops; style sheets and scripts are taken as they are."""
    if template.name.endswith(OF_JINJA):
        from jinja2 import Environment, TemplateSyntaxError

        try:
            Environment(autoescape=True).parse(template.text)
        except TemplateSyntaxError as error:
            hint = "Correct the template here, or start again from that of the package."
            yield Problem((error.message or "invalid template").rstrip("."), _place(template, error.lineno), hint)
    elif template.name.endswith(".xml"):
        try:
            root = ET.fromstring(template.text)
            if root.tag != STYLES or not len(root):
                hint = "Begin with a copy of that of the package."
                yield Problem("these are not the styles of a Word document", _place(template, 1), hint)
        except ET.ParseError as error:
            line, column = error.position
            yield Problem(
                "the file is not well-formed XML", _place(template, line, column + 1), "Close each tag that is opened."
            )


def _place(template: OwnTemplate, line: int, column: int = 1) -> Origin:
    lines = lines_of(template.text)
    text = lines[line - 1] if 0 < line <= len(lines) else ""
    start = column if column > 1 else len(text) - len(text.lstrip()) + 1
    return Origin(template.shown, line, start, max(1, len(text) - start + 1), text)
