"""The Quarto project is always written; `quarto` itself is only used where it is."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from reportgen.records.numbers import Number
from reportgen.render.inline import markdown
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
