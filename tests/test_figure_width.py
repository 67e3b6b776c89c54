"""A figure for a single column is 85 mm wide wherever it is printed, and never stretched to the page."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from reportgen.cli import run
from reportgen.houses import COLUMN
from reportgen.render.picture import PIXELS_PER_MM, Picture
from tests.study_files import write_study

pytestmark = pytest.mark.slow

EMU_PER_MM = 36_000


@pytest.fixture(scope="module")
def pages(built: tuple[Path, list[float]]) -> Path:
    return built[0]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[float]]:
    folder = tmp_path_factory.mktemp("column")
    contents = [
        {"series": "Fig.", "show": show, "of": "pooled", "width": width}
        for show in ("forest", "forest-by-trial")
        for width in ("column", "page")
    ]
    report = {"formats": ["html", "pdf", "docx", "quarto"], "style": "lancet", "contents": contents}
    write_study(folder / "study", {"report": report})
    command = ["build", str(folder / "study"), "--output", str(folder / "out"), "--store", str(folder / "store")]
    drawn: list[float] = []
    draw = Picture.draw

    def noted(self: Picture, page: Any, width: float, height: float, style: Any) -> None:
        drawn.append(width / PIXELS_PER_MM)
        draw(self, page, width, height, style)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Picture, "draw", noted)
        assert run([*command, "-j", "1"]) == 0
    return folder / "out", drawn


def test_html_gives_it_its_share_of_the_width(pages: Path) -> None:
    text = (pages / "appendix.html").read_text(encoding="utf-8")
    shares = dict(re.findall(r'id="figure-(fig\d)" style="[^"]*--share: ([\d.]+)"', text))
    assert {name: round(float(share) * 174) for name, share in shares.items()} == {
        "fig1": 85, "fig2": 154, "fig3": 85, "fig4": 154
    }  # fmt: skip
    assert text.count('width="85mm"') == 2


def test_the_pdf_draws_it_at_its_width(built: tuple[Path, list[float]]) -> None:
    widths = [round(width) for width in built[1]]
    assert widths.count(round(COLUMN)) >= 2
    assert {*widths} == {round(COLUMN), 154}


def test_word_prints_it_at_its_width(pages: Path) -> None:
    with ZipFile(pages / "appendix.docx") as package:
        document = package.read("word/document.xml").decode()
    widths = [round(int(width) / EMU_PER_MM) for width in re.findall(r'<wp:extent cx="(\d+)"', document)]
    assert widths[-4:] == [round(COLUMN), 154, round(COLUMN), 154]


def test_quarto_prints_it_at_its_width(pages: Path) -> None:
    text = (pages / "quarto" / "report.qmd").read_text(encoding="utf-8")
    assert re.findall(r"figures/fig\d\).* width=([\d.]+)mm", text) == ["85.0", "154.0", "85.0", "154.0"]
    svg = (pages / "quarto" / "figures" / "fig1.svg").read_text(encoding="utf-8")
    assert f'width="{COLUMN / 25.4 * 72:.2f}pt"' in svg
