"""A study's own templates: files that take the place of those of the package with the same name.

In: the folder that `report: {templates: …}` names. Out: its files as they were read, or every problem of them: a file that
takes nobody's place, and what a parser of its kind cannot read (`template_syntax`).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from reportgen.errors import Problem, SpecError, did_you_mean
from reportgen.origin import Origin
from reportgen.resources import files_in, template_names
from reportgen.spec.template_syntax import syntax_problems
from reportgen.spec.text import as_text, is_folder, read_text, shown_path


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
    problems += [found for template in own for found in syntax_problems(template.name, template.text, template.shown)]
    return tuple(own), problems


def _of_nobody(path: Path, name: str, known: tuple[str, ...]) -> Problem:
    shown = as_text(name)
    hint = did_you_mean(shown, known)
    return Problem(f"there is no template '{shown}' that this file could replace", Origin(shown_path(path), 1), hint)
