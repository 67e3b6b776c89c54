"""The Quarto project is always written; `quarto` itself is only used where it is."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pypandoc
import pytest

from reportgen.records.numbers import Number
from reportgen.render.markdown import attribute, html_cell, markdown, quoted
from reportgen.render.quarto import render_quarto
from tests.unit.render.conftest import Report


def test_words_are_never_taken_for_commands() -> None:
    text = (Number("a", None, "x_1 *y* [z] <b> $5 @fig", kind="quotation"), "ᵃ")
    assert str(markdown(text)) == r"x\_1 \*y\* \[z\] \<b\> \$5 \@fig^a^ "


def test_the_project_is_whole(report: Report) -> None:
    folder = report.folder / "quarto"
    text = (folder / "report.qmd").read_text(encoding="utf-8")
    assert (folder / "_quarto.yml").read_text(encoding="utf-8").startswith("project:")
    assert text.startswith('---\ntitle: "Periodontal therapy in pregnancy"\n')
    assert "engine: markdown" in text and "**Simulated data.**" in text
    figures = {path.name for path in (folder / "figures").iterdir()}
    assert figures == {"fig1.svg", "appendix2.svg"}
    assert all(f"figures/{name}" in text for name in figures)
    assert text.count("```{=html}") == text.count("</table>") == text.count("\n```\n") > 8
    assert "data-id" not in text


def program(folder: Path, script: str) -> None:
    path = folder / "quarto"
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def test_quarto_is_used_where_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert render_quarto(tmp_path) == ""
    program(tmp_path, 'echo "typst is missing" >&2; exit 1')
    assert render_quarto(tmp_path) == "quarto did not render the report: typst is missing"
    program(tmp_path, "exit 0")
    assert render_quarto(tmp_path) == ""


HOSTILE = (
    "<script>alert(1)</script>",
    "{{< include /etc/passwd >}}",
    "[x](javascript:alert(1))",
    "javascript:alert(1)",
    "a\n```\n# Heading",
    "```",
    "::: {.x}",
    "1. one",
    "(a) one",
    "- one",
    "---",
    ": one",
    "% title",
    "$x$ & &lt; -- ... 'q'",
    "![i](http://x/y.png)",
    "@fig1 [@x] ^[note]",
    "\\newpage",
    "`=html`{=html}",
    "| a | b |",
    "    code",
    "Setext\n===",
    "~~struck~~ H~2~O x^2^",
)
PLAIN = {"Str", "Space", "SoftBreak", "Para", "Plain"}


@pytest.mark.parametrize("text", HOSTILE)
def test_pandoc_reads_every_text_as_the_words_it_is(text: str) -> None:
    number = Number("a", None, text, kind="quotation")
    front = f"---\ntitle: {quoted(text)}\n---\n\n{markdown((number,))}\n"
    read = parsed(front)
    for tree in (read["blocks"], read["meta"]["title"]["c"]):
        assert kinds(tree) <= PLAIN
        assert words_of(tree) == " ".join(text.split())


@pytest.mark.parametrize("text", HOSTILE)
def test_a_text_stays_inside_its_table_and_its_attribute(text: str) -> None:
    cell = f"```{{=html}}\n<td>{html_cell((Number('a', None, text, kind='quotation'),))}</td>\n```\n"
    (block,) = parsed(cell)["blocks"]
    assert block["t"] == "RawBlock" and "{{" not in block["c"][1] and block["c"][1].count("<") == 2
    (figure,) = parsed(f'![](f.svg){{fig-alt="{attribute(text)}"}}\n')["blocks"]
    assert dict(first(figure, "Image")["c"][0][2]) == {"fig-alt": " ".join(text.split())}


def parsed(text: str) -> Any:
    """Return what pandoc reads, with the extension that makes links of bare addresses."""
    return json.loads(pypandoc.convert_text(text, "json", format="markdown+autolink_bare_uris"))


def nodes(tree: Any) -> Iterator[dict[str, Any]]:
    if isinstance(tree, dict):
        if "t" in tree:
            yield tree
        for value in tree.values():
            yield from nodes(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from nodes(value)


def first(tree: Any, kind: str) -> dict[str, Any]:
    return next(node for node in nodes(tree) if node["t"] == kind)


def kinds(tree: Any) -> set[str]:
    return {node["t"] for node in nodes(tree)}


def words_of(tree: Any) -> str:
    return "".join(node["c"] if node["t"] == "Str" else " " for node in nodes(tree) if node["t"] in {"Str", "Space"})
