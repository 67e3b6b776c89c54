"""What a screen reader is told of a PDF: heads of cells, terms, links, and nothing of running heads."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from reportgen.render.tags import repair_pdf_tags
from tests.conftest import ROOT
from tests.unit.render.conftest import Report

PAGE = """
<html lang="en"><head><title>Tags</title><style>
@page { @bottom-center { content: "running foot" } }
a.block { display: block; position: relative } a.block b { position: absolute; left: 0 }
</style></head><body>
<h1>Tags</h1>
<p><a href="#here">One <b>link</b></a> and <a class="block" href="#here"><b>label</b> <i>title</i></a></p>
<dl><div><dt>CI</dt><dd>confidence interval</dd></div><div><dt>SD</dt><dd>standard deviation</dd></div></dl>
<table id="here"><caption>A table</caption>
<thead>
<tr><th rowspan="2" scope="col">Trial</th><th rowspan="2" scope="col">Arm</th><th colspan="2" scope="colgroup">Effect</th><th rowspan="2" scope="col">p</th></tr>
<tr><th scope="col">raw</th><th scope="col">pooled</th></tr>
</thead>
<tbody>
<tr><th scope="rowgroup" colspan="5">Short term</th></tr>
<tr><th scope="rowgroup" rowspan="2">Best</th><td>a</td><td>1.1</td><td>2.1</td><td>0.01</td></tr>
<tr><td>b</td><td>1.2</td><td>2.2</td><td>0.02</td></tr>
</tbody>
<tbody>
<tr><th scope="row">Keele</th><td>c</td><td>1.3</td><td>2.3</td><td>0.03</td></tr>
</tbody>
</table></body></html>
"""
HEADS = {
    "Best": ["Short term", "Trial"],
    "a": ["Short term", "Best", "Arm"],
    "1.1": ["Short term", "Best", "Effect", "raw"],
    "2.1": ["Short term", "Best", "Effect", "pooled"],
    "0.01": ["Short term", "Best", "p"],
    "b": ["Short term", "Best", "Arm"],
    "1.2": ["Short term", "Best", "Effect", "raw"],
    "2.2": ["Short term", "Best", "Effect", "pooled"],
    "0.02": ["Short term", "Best", "p"],
    "Keele": ["Trial"],
    "c": ["Keele", "Arm"],
    "1.3": ["Keele", "Effect", "raw"],
    "2.3": ["Keele", "Effect", "pooled"],
    "0.03": ["Keele", "p"],
}


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[pikepdf.Pdf]:
    import weasyprint

    path = tmp_path_factory.mktemp("tags") / "tags.pdf"
    weasyprint.HTML(string=PAGE).write_pdf(path, pdf_variant="pdf/ua-1", finisher=repair_pdf_tags)
    with pikepdf.open(path) as pdf:
        yield pdf


def elements(pdf: pikepdf.Pdf) -> Iterator[tuple[Any, tuple[str, ...]]]:
    """Every element of the tag tree, with the roles around it."""
    waiting: list[tuple[Any, tuple[str, ...]]] = [(pdf.Root.StructTreeRoot.K[0], ())]
    while waiting:
        element, around = waiting.pop()
        yield element, around
        waiting += [(kid, (*around, str(element.S))) for kid in reversed(kids(element))]


def kids(element: Any) -> list[Any]:
    return [kid for kid in element.K if isinstance(kid, pikepdf.Dictionary) and "/S" in kid]


def roles(found: list[Any]) -> list[str]:
    return [str(element.S) for element in found]


def pieces(page: pikepdf.Page) -> Iterator[tuple[str, int | None, str]]:
    """Each marked piece of a page: its tag, its number, and the letters painted while it is open."""
    letters = alphabet(page)
    inside: list[list[Any]] = []
    for operands, operator in pikepdf.parse_content_stream(page):
        if str(operator) in ("BMC", "BDC"):
            given = operands[1].get("/MCID") if len(operands) > 1 else None
            inside.append([str(operands[0]), None if given is None else int(given), ""])
        elif str(operator) == "EMC":
            yield tuple(inside.pop())  # type: ignore[misc]
        elif inside and str(operator) in ("Tj", "TJ"):
            shown = operands[0] if str(operator) == "TJ" else [operands[0]]
            codes = b"".join(bytes(part) for part in shown if isinstance(part, pikepdf.String))
            inside[-1][2] += "".join(letters.get(codes[i : i + 2], "") for i in range(0, len(codes), 2))


def alphabet(page: pikepdf.Page) -> dict[bytes, str]:
    """The letters of the glyphs of a page, whose fonts number them alike (one font in these tests)."""
    found = {}
    for font in page.Resources.Font.values():
        for code, letter in re.findall(
            r"<([0-9a-f]{4})> <([0-9a-f]{4,8})>", font.ToUnicode.read_bytes().decode(), re.I
        ):
            found[bytes.fromhex(code)] = bytes.fromhex(letter).decode("utf-16-be")
    return found


def words(pdf: pikepdf.Pdf, element: Any) -> str:
    """The text of an element and of what it holds."""
    said = {number: text for _, number, text in pieces(pdf.pages[0]) if number is not None}
    return "".join(said[kid] if isinstance(kid, int) else words(pdf, kid) for kid in element.K if not held(kid)).strip()


def held(kid: Any) -> bool:
    return isinstance(kid, pikepdf.Dictionary) and "/S" not in kid


def test_each_cell_names_the_heads_of_its_group_its_row_and_its_columns(small: pikepdf.Pdf) -> None:
    cells = [element for element, _ in elements(small) if str(element.S) in ("/TH", "/TD")]
    by_id = {str(cell.ID): words(small, cell) for cell in cells if "/ID" in cell}
    found = {words(small, cell): [by_id[str(key)] for key in cell.A.Headers] for cell in cells if "/Headers" in cell.A}
    assert found == HEADS


def test_each_head_has_a_scope(small: pikepdf.Pdf) -> None:
    heads = {words(small, e): str(e.A.Scope) for e, _ in elements(small) if str(e.S) == "/TH"}
    assert {head for head, scope in heads.items() if scope == "/Row"} == {"Short term", "Best", "Keele"}
    assert {head for head, scope in heads.items() if scope == "/Column"} == {
        "Trial",
        "Arm",
        "Effect",
        "raw",
        "pooled",
        "p",
    }


def test_a_term_and_its_meaning_are_one_item(small: pikepdf.Pdf) -> None:
    (found,) = (element for element, _ in elements(small) if str(element.S) == "/L")
    assert roles(kids(found)) == ["/LI", "/LI"]
    assert [roles(kids(item)) for item in kids(found)] == [["/Lbl", "/LBody"]] * 2
    assert [[words(small, part) for part in kids(item)] for item in kids(found)] == [
        ["CI", "confidence interval"],
        ["SD", "standard deviation"],
    ]


def test_a_link_is_one_link(small: pikepdf.Pdf) -> None:
    check_links(small)
    links = [element for element, _ in elements(small) if str(element.S) == "/Link"]
    assert len(links) == 2
    assert len(small.pages[0].Annots) == 2


def test_running_heads_are_not_part_of_the_text(small: pikepdf.Pdf) -> None:
    check_reach(small)
    assert [tag for tag, _, text in pieces(small.pages[0]) if "running foot" in text] == ["/Artifact"]


def check_links(pdf: pikepdf.Pdf) -> None:
    """Each annotation stands in one link, which stands in no other, and the tree knows where to find it."""
    numbers = pdf.Root.StructTreeRoot.ParentTree.Nums
    index = {int(numbers[i]): numbers[i + 1] for i in range(0, len(numbers), 2)}
    held_by = []
    for element, around in elements(pdf):
        mine = [kid for kid in element.K if held(kid)]
        if mine:
            assert str(element.S) == "/Link" and "/Link" not in around
        for kid in mine:
            assert index[int(kid.Obj.StructParent)].objgen == element.objgen
            held_by.append(kid.Obj.objgen)
    on_pages = [annotation.objgen for page in pdf.pages for annotation in page.get("/Annots", [])]
    assert Counter(held_by) == Counter(on_pages)
    assert set(Counter(on_pages).values()) == {1}


def check_reach(pdf: pikepdf.Pdf) -> None:
    """Each piece of a page is in the tree or an artefact, and the index leads from the piece to its element."""
    numbers = pdf.Root.StructTreeRoot.ParentTree.Nums
    index = {int(numbers[i]): numbers[i + 1] for i in range(0, len(numbers), 2)}
    reached: dict[Any, dict[int, Any]] = {page.objgen: {} for page in pdf.pages}
    for element, _ in elements(pdf):
        for kid in element.K:
            if isinstance(kid, int):
                reached[element.Pg.objgen][kid] = element.objgen
    for page in pdf.pages:
        marked = {number for _, number, _ in pieces(page) if number is not None}
        assert marked == set(reached[page.objgen])
        owners = index[int(page.StructParents)]
        assert {number: owners[number].objgen for number in marked} == reached[page.objgen]


def check_tables(pdf: pikepdf.Pdf) -> int:
    """Each head has a scope and each cell beside a head names it; return how many cells were asked."""
    asked = 0
    for element, _ in elements(pdf):
        if str(element.S) == "/TH":
            assert str(element.A.Scope) in ("/Row", "/Column")
        if str(element.S) == "/TD":
            assert len(element.A.Headers) >= 1
            asked += 1
    return asked


def test_the_whole_appendix(report: Report) -> None:
    path: Path = report.folder / "appendix.pdf"
    with pikepdf.open(path) as pdf:
        check_links(pdf)
        check_reach(pdf)
        assert check_tables(pdf) > 200
        for element, around in elements(pdf):
            if str(element.S) == "/L":
                assert set(roles(kids(element))) <= {"/LI", "/Caption", "/L"}
            if str(element.S) == "/LI":
                assert around[-1] == "/L"


def test_without_tags_nothing_is_done() -> None:
    import weasyprint

    document = weasyprint.HTML(string=PAGE).render()
    assert document.write_pdf(finisher=repair_pdf_tags) == document.write_pdf()


def test_weasyprint_is_bound_to_the_version_whose_inside_is_known() -> None:
    """Tags and pictures reach into WeasyPrint: a new version is let in when all tests of both pass with it."""
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    (bound,) = (SpecifierSet(item.removeprefix("weasyprint")) for item in declared if item.startswith("weasyprint"))
    installed = Version(version("weasyprint"))
    assert installed in bound
    assert f"{installed.major + 1}.0" not in bound and f"{installed.major - 1}.0" not in bound
