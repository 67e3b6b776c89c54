"""What is wrong with the text of a study's own template, by its kind: a Jinja template, YAML, a style sheet, a script, styles of Word.

In: a name inside the folder of templates, and a text. Out: each problem with its line and column. The text is parsed and never
run: what a template asks for in vain is known when it is rendered (`render.own_templates`), and what a script does is known to a
browser alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any
from xml.etree import ElementTree as ET

from reportgen.errors import Problem
from reportgen.origin import Origin
from reportgen.spec.template_references import unknown_references
from reportgen.spec.text import lines_of
from reportgen.spec.tree import syntax_problem

START_AGAIN = "Correct the template here, or start again from that of the package."
WORD_STYLES = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}styles"
JINJA = frozenset({"block_begin", "variable_begin", "raw_begin"})
WHOLE = frozenset({"page.html", "quarto/_quarto.yml", "quarto/report.qmd", "quarto/styles.xml", "word/styles.xml"})
"""Templates without which there is no document; an empty one of the others leaves out what it prints."""
OUTPUT = "x"
"""Stands for what Jinja prints, where YAML is parsed before anything is rendered."""
CLOSERS = {"{} block": "}", "[] block": "]", "() block": ")", "function": ")", "comment": "*/"}
WITHIN = {
    "qualified-rule": "prelude",
    "at-rule": "prelude",
    "declaration": "value",
    "function": "arguments",
    **dict.fromkeys(("{} block", "[] block", "() block"), "content"),
}
"""Where a node of `tinycss2` holds others, beside the blocks of rules."""
# what ends the element of a page in which a file stands, whatever surrounds it there
_REMOTE = re.compile(r"(?:@import\s+|url\(\s*)[\"']?\s*(?:https?:)?//", re.IGNORECASE)
_ENDS_STYLE = re.compile(r"</style", re.IGNORECASE)
_ENDS_SCRIPT = re.compile(r"</script|<!--", re.IGNORECASE)


def syntax_problems(name: str, text: str, shown: str) -> Iterator[Problem]:
    """Yield what is wrong with the text of a template.

    Parameters
    ----------
    name : str
        Path inside the folder of templates; its ending says of what kind the text is.
    text : str
    shown : str
        How messages name the file.

    Examples
    --------
    >>> [str(problem.origin.column) + ": " + problem.message for problem in syntax_problems("style/a.css", "p { color }", "a.css")]
    ['10: this is neither a declaration nor a rule']
    """
    kind = PurePosixPath(name).suffix
    if name in WHOLE and not text.strip():
        yield Problem("the template is empty, and so would be the report", Origin(shown, 1), START_AGAIN)
    elif kind in (".html", ".qmd", ".yml"):
        yield from _of_jinja(text, shown, is_yaml=kind == ".yml")
    elif kind == ".xml":
        yield from _of_word(text, shown)
    elif kind == ".css":
        yield from _ending(_ENDS_STYLE, "style sheet", text, shown)
        yield from _of_style(text, shown)
        yield from _asking_elsewhere(text, shown)
    elif kind == ".js":
        yield from _ending(_ENDS_SCRIPT, "script", text, shown)
        if not text.strip():
            yield Problem(
                "the script is empty", Origin(shown, 1), "Write a script, or `// nothing` if there is to be none."
            )


def _of_jinja(text: str, shown: str, *, is_yaml: bool) -> Iterator[Problem]:
    from jinja2 import Environment, TemplateSyntaxError

    environment = Environment(autoescape=True)
    try:
        template = environment.parse(text)
    except TemplateSyntaxError as error:
        yield Problem((error.message or "invalid template").rstrip("."), _place(text, shown, error.lineno), START_AGAIN)
        return
    for line, name, message, hint in unknown_references(template):
        yield Problem(message, _named(text, shown, line, name), hint)
    if is_yaml:
        tokens = [(kind, value) for _, kind, value in environment.lex(text)]
        # with loops and conditions the text is YAML only when it is rendered
        if not any(kind in ("block_begin", "raw_begin") for kind, _ in tokens):
            yield from yaml_problems(_without_jinja(tokens), shown, lines_of(text))


def _without_jinja(tokens: list[tuple[str, str]]) -> str:
    """Return a template with everything of Jinja replaced by a text that is as long, so that places stay what they are."""
    parts, inside = [], ""
    for kind, value in tokens:
        if kind == "data":
            parts.append(value)
            continue
        inside = kind.removesuffix("_begin") if kind.endswith("_begin") else inside
        filling = OUTPUT if inside == "variable" else " "
        parts.append("".join(letter if letter == "\n" else filling for letter in value))
    return "".join(parts)


def yaml_problems(text: str, shown: str, lines: list[str]) -> Iterator[Problem]:
    """Yield what is wrong with YAML that must hold a mapping.

    Parameters
    ----------
    text : str
    shown : str
        How messages name the file.
    lines : list of str
        Those that messages show.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    try:
        content = YAML(typ="rt", pure=True).load(text)
    except MarkedYAMLError as error:
        yield syntax_problem(error, shown, lines)
    except (YAMLError, ValueError) as error:
        yield Problem(f"this is not YAML: {error}", Origin(shown, 1), START_AGAIN)
    else:
        if not isinstance(content, Mapping):
            hint = "Begin with a copy of that of the package."
            yield Problem("the file holds no mapping of keys", _place(text, shown, 1), hint)


def _of_word(text: str, shown: str) -> Iterator[Problem]:
    try:
        root = ET.fromstring(text)
        if root.tag != WORD_STYLES or not len(root):
            hint = "Begin with a copy of that of the package."
            yield Problem("these are not the styles of a Word document", _place(text, shown, 1), hint)
    except ET.ParseError as error:
        line, column = error.position
        place = _place(text, shown, line, column + 1)
        yield Problem("the file is not well-formed XML", place, "Close each tag that is opened.")


def _ending(ends: re.Pattern[str], what: str, text: str, shown: str) -> Iterator[Problem]:
    """Yield each word that ends the element in which a page holds this text, or hides its end."""
    for found in ends.finditer(text):
        hint = f"Leave it out; inside a text in quotes write `{found[0][0]}\\{found[0][1:]}`."
        message = f"`{found[0]}` breaks the page, which holds the {what} as it is"
        yield Problem(message, _at(text, shown, found.start(), len(found[0])), hint)


def _asking_elsewhere(text: str, shown: str) -> Iterator[Problem]:
    """Yield each address of another machine: a page is one file, and asks nobody for anything."""
    for found in _REMOTE.finditer(text):
        hint = "Write its content here, or in the address as `data:`."
        yield Problem("a page asks no other machine for files", _at(text, shown, found.start(), len(found[0])), hint)


def _of_style(text: str, shown: str) -> Iterator[Problem]:
    import tinycss2

    errors = list(_errors_of(tinycss2.parse_component_value_list(text)))
    unclosed = None if errors else _unclosed(text)
    if unclosed is not None:
        closer = CLOSERS[unclosed.type]
        what = "comment" if unclosed.type == "comment" else "bracket"
        place = replace(_place(text, shown, unclosed.source_line, unclosed.source_column), length=1)
        yield Problem(f"this {what} is never closed", place, f"Write `{closer}` where it ends.")
        return
    # a rule is looked for only where quotes and brackets say where it ends
    errors = errors or list(_errors_of(tinycss2.parse_stylesheet(text, skip_comments=True, skip_whitespace=True)))
    for error in errors:
        message, hint = CSS_ERRORS.get(error.kind, CSS_ERRORS["invalid"])
        yield Problem(message, _place(text, shown, error.source_line, error.source_column), hint)


CSS_ERRORS = {
    "invalid": (
        "this is neither a declaration nor a rule",
        "Write declarations as `property: value;` and rules as `selector { … }`.",
    ),
    "bad-string": ("this text in quotes does not end on its line", "Close the quotes."),
    "eof-in-string": ("this text in quotes is never closed", "Close the quotes."),
    "bad-url": ("this address is invalid", "Put it in quotes: `url('…')`."),
    "eof-in-url": ("this address is never closed", "Write `)` behind it."),
} | {closer: (f"`{closer}` closes no bracket", "Remove it, or open the bracket before it.") for closer in ")]}"}
"""What is said of each kind of error of `tinycss2`, and how to fix it."""


def _unclosed(text: str) -> Any | None:
    """Return the outermost bracket, or the comment, that is open at the end of a style sheet."""
    import tinycss2

    closed = tinycss2.parse_component_value_list(f"{text}}}")
    if closed and closed[-1].type == "error":
        return None
    parts = tinycss2.parse_component_value_list(text)
    return parts[-1] if parts and parts[-1].type in CLOSERS else None


def _errors_of(nodes: list[Any]) -> Iterator[Any]:
    """Yield the errors in rules, in what their blocks hold, and in the values of declarations."""
    import tinycss2

    for node in nodes:
        if node.type == "error":
            yield node
        yield from _errors_of(getattr(node, WITHIN.get(node.type, ""), []))
        if node.type in ("qualified-rule", "at-rule") and node.content is not None:
            yield from _errors_of(
                tinycss2.parse_blocks_contents(node.content, skip_comments=True, skip_whitespace=True)
            )


def _at(text: str, shown: str, start: int, length: int) -> Origin:
    before = lines_of(text[:start])
    return Origin(shown, len(before), len(before[-1]) + 1, length, lines_of(text)[len(before) - 1])


def _named(text: str, shown: str, line: int, name: str) -> Origin:
    """Return where a name stands that Jinja found in a line, or in one of the lines below, where a tag goes on."""
    start = sum(map(len, text.splitlines(keepends=True)[: line - 1]))
    found = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)").search(text, start)
    return _place(text, shown, line) if found is None else _at(text, shown, found.start(), len(name))


def _place(text: str, shown: str, line: int, column: int = 1) -> Origin:
    lines = lines_of(text)
    found = lines[line - 1] if 0 < line <= len(lines) else ""
    start = column if column > 1 else len(found) - len(found.lstrip()) + 1
    return Origin(shown, line, start, max(1, len(found) - start + 1), found)
