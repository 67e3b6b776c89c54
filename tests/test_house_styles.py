"""A study built in each house style: the same values from the same kept fits, and pages, files and documents in that style."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageChops, ImageStat

from reportgen.houses import HOUSES, PLAIN
from reportgen.pipeline import Order, build, read, rebuilding
from reportgen.spec.load import examine_study
from tests import gallery
from tests.conftest import ROOT
from tests.study_files import STUDY, write_study
from tests.word_file import opened

pytestmark = pytest.mark.slow
FORMATS = ("html", "docx", "quarto", "figures", "workbook", "results")
VALUE, TEXT = 1, 2
CONTENTS = [
    {"series": "Fig.", "show": "forest", "of": "pooled", "title": "Exercise versus usual care"},
    {"series": "Table", "show": "estimates", "of": "pooled"},
    {"series": "Table", "show": "interaction-estimates", "of": "screening"},
]
ANALYSES = {**STUDY["analyses"], "screening": {"method": "moderators", "moderators": ["age", "sex"]}}


def write(folder: Path, style: str) -> Path:
    report: dict[str, Any] = {"style": style, "formats": list(FORMATS), "contents": CONTENTS}
    return write_study(folder, {"report": report, "analyses": ANALYSES})


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("styles")


@pytest.fixture(scope="module")
def built(place: Path) -> dict[str, Path]:
    """The folder of each style, from one store."""
    for style in HOUSES:
        result = build(Order(write(place / "study", style), output=place / style, store=place / "store"))
        assert result.exit_code == 0
    return {style: place / style for style in HOUSES}


def rows(folder: Path) -> dict[str, list[str]]:
    with (folder / "results.csv").open(encoding="utf-8", newline="") as stream:
        return {row[0]: row for row in csv.reader(stream)}


def page(folder: Path) -> str:
    """The text of the HTML, without scripts, styles and figures."""
    whole = (folder / "appendix.html").read_text(encoding="utf-8")
    return re.sub(r"<[^>]+>", "", re.sub(r"(?s)<(script|style|svg).*?</\1>", "", whole))


@pytest.mark.parametrize("style", HOUSES)
def test_values_and_files_of_numbers_are_those_of_any_style(style: str, built: dict[str, Path]) -> None:
    plain, other = rows(built["plain"]), rows(built[style])
    texts = {id_ for id_ in plain if plain[id_][TEXT] != other[id_][TEXT]}
    assert {id_: row[VALUE] for id_, row in plain.items()} == {id_: row[VALUE] for id_, row in other.items()}
    assert all(id_.rpartition(".")[2].startswith(("p", "holm", "q-p", "joint")) or "-p" in id_ for id_ in texts)
    assert all("·" not in cell for row in other.values() for cell in row)
    cells = (built[style] / "tables" / "table1.csv").read_text(encoding="utf-8").splitlines()[1:]
    assert cells and all("·" not in line and "–" not in line for line in cells)


def test_no_style_makes_an_analysis_again(place: Path, built: dict[str, Path]) -> None:
    for style in HOUSES:
        spec, _ = read(write(place / "study", style))
        found, seconds, possible = rebuilding(spec, place / "store")
        assert sum(item.results for item in found) > 0
        assert all(item.certain == item.possible == 0 for item in found)
        assert seconds == possible == 0.0


@pytest.mark.parametrize("style", HOUSES)
def test_every_document_is_in_the_style(style: str, built: dict[str, Path]) -> None:
    folder, house = built[style], HOUSES[style]
    word = "\n".join(item.text for item in opened((folder / "appendix.docx").read_bytes()).paragraphs)
    quarto = (folder / "quarto" / "report.qmd").read_text(encoding="utf-8")
    titled = f"Exercise {house.versus or 'versus'} usual care"
    assert all(titled in text for text in (page(folder), word, quarto))
    assert bool(re.search(r"\d·\d", page(folder))) == (house.decimal == "·") == bool(re.search(r"\d·\d", word))
    svg = next((folder / "figures").glob("fig*.svg"))
    width = re.search(r'<svg [^>]*width="([\d.]+)pt"', svg.read_text(encoding="utf-8"))
    assert width is not None and float(width[1]) == pytest.approx(house.width / 25.4 * 72, abs=0.1)
    assert bool(re.search(r"\bP\b", page(folder))) == (house.p == "P")


def test_an_unknown_style_is_refused_with_its_place(tmp_path: Path) -> None:
    (problem,) = examine_study(write(tmp_path / "study", "nejm")).problems
    assert problem.origin is not None and "nejm" in str(problem)


def test_the_readme_says_what_each_style_sets() -> None:
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    for house in HOUSES.values():
        p = house.number("0.034" if house.p_decimals is None else "0.03", p=True)
        least = house.number(f"<{house.least_p:g}" if house.least_p > 1e-4 else "<0.0001", p=True)
        sign = f"{house.p}={p}, {house.p}{least}" if house.tight else f"{house.p} = {p}, {house.p} {least}"
        cells = (
            f"`{house.name}`",
            house.number("1.5"),
            f"{house.number('1.2')}{house.between}{house.number('3.4')}",
            house.versus or "as written",
            sign,
            f"{house.width:g}",
            f"{house.least_type:g}–{house.most_type:g}"
            if house.least_type < house.most_type
            else f"{house.most_type:g}",
            "black" if house.black else "blue",
        )
        assert f"| {' | '.join(cells)} |" in lines
    assert PLAIN.name == "plain"


def test_the_gallery_of_the_readme_is_what_it_would_be_now() -> None:
    shown, anew = Image.open(gallery.PLACE).convert("L"), gallery.gallery().convert("L")
    assert shown.size == anew.size
    assert ImageStat.Stat(ImageChops.difference(shown, anew)).mean[0] < 1.0
    assert ".readme/styles.png" in (ROOT / "README.md").read_text(encoding="utf-8")
