"""The Quarto project is what pandoc reads; `quarto` itself is only used where it is, by those who ask for it."""

from __future__ import annotations

import json
import stat
import tempfile
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import docx
import pypandoc
import pytest

from reportgen.figures.drawn import SVG
from reportgen.figures.paint import outlined
from reportgen.records.numbers import Number, plain
from reportgen.records.results import Results
from reportgen.render.appendix import Elsewhere, drawings_of
from reportgen.render.markdown import attribute, html_cell, markdown, quoted
from reportgen.render.quarto import NO_QUARTO, reference_document, render_quarto, write_quarto
from reportgen.render.quarto_floats import floats_of, ids_of, series_of
from reportgen.targets import Edition, target
from tests.unit.render.conftest import Report


def test_words_are_never_taken_for_commands() -> None:
    text = (Number("a", None, "x_1 *y* [z] <b> $5 @fig", kind="quotation"), "ᵃ")
    assert str(markdown(text)) == r"x\_1 \*y\* \[z\] \<b\> \$5 \@fig^a^ "


def project_text(report: Report) -> str:
    return (report.folder / "quarto" / "report.qmd").read_text(encoding="utf-8")


def test_the_project_is_whole(report: Report) -> None:
    folder = report.folder / "quarto"
    text = project_text(report)
    assert (folder / "_quarto.yml").read_text(encoding="utf-8").startswith("project:")
    assert text.startswith('---\ntitle: "Periodontal therapy in pregnancy"\n')
    assert "engine: markdown" in text and "**Simulated data.**" in text
    names = {"fig1", "appendix2"}
    assert {path.name for path in (folder / "figures").iterdir()} == {f"{n}.{e}" for n in names for e in ("svg", "png")}
    assert all(f"figures/{name})" in text for name in names)
    assert text.count("```{=html}") == text.count("</table>") == text.count("\n```\n") > 8
    assert "data-id" not in text


def test_figures_need_no_font(report: Report) -> None:
    for path in (report.folder / "quarto" / "figures").glob("*.svg"):
        content = path.read_text(encoding="utf-8")
        assert "<text" not in content and "font-family" not in content and "<dc:date>" not in content
        drawing = next(d for d in drawings_of(report.appendix) if d.name == path.stem)
        assert outlined(drawing).decode() == content
        described = ET.fromstring(content).findtext(f"{SVG}desc")
        assert described == plain(drawing.alt) and described


def floats(report: Report) -> dict[str, Any]:
    found = {node["c"][0][0]: node for node in nodes(parsed(project_text(report))["blocks"]) if node["t"] == "Div"}
    return {name: node for name, node in found.items() if name}


def test_each_artefact_is_a_float_with_its_caption_and_is_counted_as_the_report_counts_it(report: Report) -> None:
    found = floats(report)
    ids = ids_of(report.appendix)
    assert {"tbl-1", "fig-1"} < set(found) and set(ids.values()) <= set(found)
    for artefact in report.appendix.artefacts:
        caption = found[ids[artefact.name]]["c"][1][-1]
        assert caption["t"] == "Para"
        assert words_of(caption).replace("\u00a0", " ") == plain(artefact.title).replace("\u00a0", " ")
    counts: Counter[str] = Counter()
    for name in found:
        key, _, number = name.rpartition("-")
        counts[key] += 1
        assert counts[key] == int(number), "Quarto would give it another number"


def test_an_artefact_that_is_missing_keeps_its_place(report: Report) -> None:
    artefacts = {artefact.label: artefact for artefact in report.appendix.artefacts}
    elsewhere = Elsewhere("audit", "audit file", (), (("table2", "Table 2", artefacts["Table 2"].title),))
    kept = tuple(artefact for label, artefact in artefacts.items() if label in ("Table 1", "Table 3"))
    found = floats_of(replace(report.appendix, artefacts=kept, elsewhere=elsewhere))
    assert [(item.id, item.elsewhere) for item in found] == [
        ("tbl-1", ""),
        ("tbl-2", "This stands in the audit file."),
        ("tbl-3", ""),
    ]


def test_every_reference_arrives(report: Report) -> None:
    tree = parsed(project_text(report))
    named = {node["c"][1][0] for node in nodes(tree) if node["t"] == "Header"} | set(floats(report))
    cited = {item["citationId"] for node in nodes(tree) if node["t"] == "Cite" for item in node["c"][0]}
    linked = {node["c"][2][0].removeprefix("#") for node in nodes(tree) if node["t"] == "Link"}
    assert cited and cited | linked <= named


def tables(report: Report) -> list[Any]:
    blocks = [node for node in nodes(parsed(project_text(report))) if node["t"] == "RawBlock"]
    read = [json.loads(pypandoc.convert_text(block["c"][1], "json", format="html"))["blocks"] for block in blocks]
    return [table for (table,) in read]


def test_columns_have_their_measured_widths(report: Report) -> None:
    found = tables(report)
    assert len(found) > 8 and {table["t"] for table in found} == {"Table"}
    for table in found:
        widths = [width["c"] for _, width in table["c"][2]]
        assert sum(widths) == pytest.approx(1, abs=1e-3) if len(widths) >= 4 else 0 < sum(widths) <= 1.001
        assert len(set(widths)) > 1 or len(widths) < 3


def test_wide_tables_lie_on_the_long_side_of_the_paper(report: Report) -> None:
    outer = [n for n in nodes(parsed(project_text(report))) if n["t"] == "Div" and "landscape" in n["c"][0][1]]
    lying = {inner["c"][0][0] for node in outer for inner in nodes(node["c"][1]) if inner["t"] == "Div"} - {""}
    assert lying == {item.id for item in floats_of(report.appendix) if item.wide} and lying


def test_pandoc_finds_every_picture_in_each_format(report: Report) -> None:
    for extension in ("svg", "png"):
        extra = [f"--default-image-extension={extension}"]
        tree = json.loads(pypandoc.convert_text(project_text(report), "json", format="markdown", extra_args=extra))
        images = [node for node in nodes(tree) if node["t"] == "Image"]
        assert images and all((report.folder / "quarto" / image["c"][2][0]).is_file() for image in images)
        assert all({"fig-alt", "width"} <= dict(image["c"][0][2]).keys() for image in images)


def test_series_have_keys_of_their_own(report: Report) -> None:
    (first, *_) = report.appendix.artefacts
    labels = ("Table 1", "Fig. 1", "Figure 1", "Supplementary Table 1", "Ä 1", "Б 1", "fig 1")
    artefacts = tuple(replace(first, label=label, name=f"a{place}") for place, label in enumerate(labels))
    found = {item.name: item.key for item in series_of(replace(report.appendix, artefacts=artefacts))}
    assert list(found.values()) == ["tbl", "fig", "figure", "supplementarytable", "series", "seriesa", "figa"]


def test_the_front_matter_holds_any_words(report: Report) -> None:
    hostile = Number("q", None, "a: 'b' \"c\" # d {e} [f]", kind="quotation")
    study = replace(report.appendix.study, title=hostile, authors=(hostile,), keywords=(hostile,))
    with tempfile.TemporaryDirectory() as folder:
        write_quarto(Path(folder), replace(report.appendix, study=study), {})
        meta = parsed((Path(folder) / "report.qmd").read_text(encoding="utf-8"))["meta"]
    for tree in (meta["title"], meta["author"], meta["keywords"]):
        assert words_of(tree) == hostile.text
    assert words_of(meta["date"]) == "2026-11-30"


def test_word_takes_small_type_and_repeated_heads_from_the_reference_document(report: Report, tmp_path: Path) -> None:
    content = reference_document(report.appendix)
    assert content == reference_document(report.appendix) == (report.folder / "quarto" / "reference.docx").read_bytes()
    (tmp_path / "reference.docx").write_bytes(content)
    html = project_text(report).split("```{=html}")[1].split("```")[0]
    made, extra = tmp_path / "made.docx", [f"--reference-doc={tmp_path / 'reference.docx'}"]
    pypandoc.convert_text(html, "docx", format="html", outputfile=str(made), extra_args=extra)
    document = docx.Document(str(made))
    assert document.styles["Compact"].font.size.pt == 7.5 and document.styles["Normal"].element is not None
    (table,) = document.tables
    assert table.style.name == "Table"
    assert table._tbl.xpath("./w:tr[1]/w:trPr/w:tblHeader")
    widths = [int(width) for width in table._tbl.xpath("./w:tblGrid/w:gridCol/@w:w")]
    assert len(set(widths)) > 1
    assert document.sections[0].page_width.mm == pytest.approx(210, abs=0.1)


def program(folder: Path, script: str) -> None:
    path = folder / "quarto"
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def test_quarto_is_used_where_it_is(report: Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert render_quarto(tmp_path, "docx", report.appendix) == NO_QUARTO
    program(tmp_path, 'echo "typst is missing" >&2; exit 1')
    said = render_quarto(tmp_path, "typst", report.appendix)
    assert said == "quarto did not render the report: typst is missing"
    program(tmp_path, 'echo "$@ $SOURCE_DATE_EPOCH" > said')
    assert render_quarto(tmp_path, "docx", report.appendix) == ""
    assert (tmp_path / "said").read_text() == "render report.qmd --to docx 1795996800\n"
    for day, seconds in (("1900-01-01", 315532800), ("9999-12-31", 4354732800)):
        study = replace(report.appendix.study, date=Number("date", None, day, kind="quotation"))
        assert render_quarto(tmp_path, "docx", replace(report.appendix, study=study)) == ""
        assert (tmp_path / "said").read_text().split()[-1] == str(seconds), "no zip file holds another day"


def test_a_rendered_format_writes_the_project_and_tells_how_to_get_quarto(
    report: Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    pixels = {(drawing.name, form): b"" for drawing in drawings_of(report.appendix) for form in ("png", "outlined")}
    edition = Edition(report.appendix, Results((), {}))
    for name in ("quarto-html", "quarto-pdf", "quarto-docx"):
        made = target(name)
        assert made.write(edition, pixels, tmp_path) == (NO_QUARTO,)  # type: ignore[arg-type]
        assert made.name == name and made.opens.startswith("quarto/_site/report.")
    assert (tmp_path / "quarto" / "report.qmd").is_file()


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
