"""Templates of the package, and those of a study that take their place, piece by piece.

In: a study's own templates as its report carries them. Out: where Jinja finds templates, texts of style sheets, and pages; what
goes wrong in a template of a study is reported with its line.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from traceback import walk_tb
from typing import TYPE_CHECKING, Any

from reportgen.errors import Problem, RenderError
from reportgen.origin import Origin
from reportgen.resources import templates_folder
from reportgen.spec.template_references import PACKAGE
from reportgen.spec.template_syntax import yaml_problems
from reportgen.spec.templates import OwnTemplate
from reportgen.spec.text import lines_of

if TYPE_CHECKING:
    from jinja2 import BaseLoader, Environment


def loader(own: Sequence[OwnTemplate]) -> BaseLoader:
    """Return where templates are found: those of the study before those of the package."""
    from jinja2 import ChoiceLoader, FileSystemLoader, FunctionLoader, PrefixLoader

    known = {template.name: (template.text, template.shown, lambda: True) for template in own}
    package = FileSystemLoader(templates_folder())
    return ChoiceLoader([FunctionLoader(known.get), package, PrefixLoader({PACKAGE: package})])


def text_of(name: str, own: Sequence[OwnTemplate]) -> str:
    """Return the text of a file that is no template of Jinja's, as a style sheet."""
    mine = next((template.text for template in own if template.name == name), None)
    return (templates_folder() / name).read_text(encoding="utf-8") if mine is None else mine


def rendered(environment: Environment, name: str, own: Sequence[OwnTemplate], context: Mapping[str, Any]) -> str:
    """Return a template with its values.

    Raises
    ------
    RenderError
        A template of the study asks for something that is not there.
    """
    try:
        return environment.get_template(name).render(context)
    except Exception as error:
        problem = _problem(error, own)
        if problem is None:
            raise
        raise RenderError([problem]) from error


def check_yaml(name: str, text: str, own: Sequence[OwnTemplate]) -> None:
    """Stop where what a template of the study became is no YAML.

    Raises
    ------
    RenderError
        With the place in what was rendered, which the message shows.
    """
    shown = next((template.shown for template in own if template.name == name), None)
    if shown is None:
        return
    problems = [
        replace(problem, message=f"rendered, the template is wrong: {problem.message}")
        for problem in yaml_problems(text, shown, lines_of(text))
    ]
    if problems:
        raise RenderError(problems)


def _problem(error: Exception, own: Sequence[OwnTemplate]) -> Problem | None:
    """Return what went wrong in a template of the study; None where it was none of them."""
    places = [(frame.f_code.co_filename, line) for frame, line in walk_tb(error.__traceback__)]
    places += [(str(getattr(error, "filename", "")), getattr(error, "lineno", 1))]
    known = {template.shown: template for template in own}
    found = [(known[file], line) for file, line in places if file in known]
    # what a template of the study fails to give is missed in one of the package, which then names it
    found = found or [(template, 1) for template in own if f"'{template.name}'" in str(error)]
    if not found:
        return None
    template, line = found[-1]
    text = dict(enumerate(template.text.splitlines(), 1)).get(line, "")
    hint = f"Compare it with '{template.name}' of the package, which shows what it is given."
    start = len(text) - len(text.lstrip()) + 1
    message = f"the template cannot be used: {error}".rstrip(".")
    return Problem(message, Origin(template.shown, line, start, max(1, len(text.strip())), text), hint)
