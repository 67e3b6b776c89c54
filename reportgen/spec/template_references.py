"""What a template of Jinja asks for by name: filters, tests, and other templates.

In: the tree of a template. Out: each name that nobody has, with its line; Jinja itself would miss it only while it renders, in the
branch that needs it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from reportgen.errors import did_you_mean
from reportgen.resources import template_names

if TYPE_CHECKING:
    from jinja2.nodes import Template

PACKAGE = "reportgen"
"""The folder under which a template finds those of the package: `{% include "reportgen/sections/title.html" %}`."""
FILTERS = frozenset(
    {
        "alt",
        "alt_ids",
        "attribute",
        "cell",
        "continued",
        "figure_indent",
        "indent_of",
        "inline",
        "inside_link",
        "looks",
        "marked",
        "markdown",
        "measured",
        "n",
        "on_paper",
        "paper_classes",
        "paper_source",
        "plural",
        "ready",
        "svg",
    }
)
"""Filters of the package's own, of all targets together."""


def unknown_references(template: Template) -> Iterator[tuple[int, str, str, str]]:
    """Yield line, name, message and hint of each name that nobody has.

    Examples
    --------
    >>> from jinja2 import Environment
    >>> [(line, message) for line, _, message, _ in unknown_references(Environment().parse("{{ 1 | inlien }}"))]
    [(1, "there is no filter 'inlien'")]
    """
    from jinja2 import nodes
    from jinja2.filters import FILTERS as OF_JINJA
    from jinja2.tests import TESTS

    for asked in template.find_all((nodes.Filter, nodes.Test)):
        is_filter = isinstance(asked, nodes.Filter)
        what, known = ("filter", FILTERS | OF_JINJA.keys()) if is_filter else ("test", TESTS.keys())
        if asked.name not in known:
            message = f"there is no {what} '{asked.name}'"
            yield asked.lineno, asked.name, message, did_you_mean(asked.name, sorted(known))
    for node in template.find_all(nodes.Stmt):
        if not isinstance(node, nodes.Include | nodes.Import | nodes.FromImport | nodes.Extends):
            continue
        name = node.template.value if isinstance(node.template, nodes.Const) else None
        if not isinstance(name, str) or getattr(node, "ignore_missing", False):
            continue
        inside = name.removeprefix(f"{PACKAGE}/")
        if inside not in template_names():
            yield node.lineno, name, f"there is no template '{name}'", did_you_mean(inside, template_names())
