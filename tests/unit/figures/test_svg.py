"""Every number in an SVG can be traced, and the SVG can stand in a page with others."""

from __future__ import annotations

import io
import math
import re
from xml.etree import ElementTree as ET

import pikepdf
import pytest

from reportgen.figures import draw_availability, draw_forest, draw_forest_by_trial
from reportgen.figures.drawn import drawn
from reportgen.figures.paint import png
from reportgen.figures.sheet import Piece, Shape, Sheet, Stroke, Words, rectangle
from reportgen.figures.svg import EDGE_WEIGHT, svg_of
from reportgen.figures.svg import drawing as drawing_of
from reportgen.figures.theme import Style
from reportgen.records.artefact import Drawing
from reportgen.records.numbers import Number, numbers_in
from reportgen.render.picture import figure_files
from tests.unit.figures.build import availability, effect, settings

SVG = "{http://www.w3.org/2000/svg}"
TOKEN = re.compile(r"[−-]?\d+(?:\.\d+)?")


def drawings() -> dict[str, Drawing]:
    effects = [
        effect("pain", "visit 3", visit="Visit 3", unit="mm on a scale of 100"),
        effect("SF-12", "visit 5", label="SF-12/36 physical component", visit="Visit 5", status="boundary"),
        effect("SF-12", "visit 9", None, visit="Visit 9", reason="needs 2 trials, has 1"),
        effect("pain", "visit 7", 2.0, 300.0, visit="Visit 5 <&>", unit="mm on a scale of 100"),
    ]
    one = effect(by_trial=5, long_trial="A trial of 1999-2003 with a name that is far too long for one line of 40 mm")
    return {
        "forest": draw_forest(effects, settings(), name="fig1")[0],
        "rescaled": draw_forest(effects, settings(), name="fig2", scale="0-100")[0],
        "by trial": draw_forest_by_trial(one, settings(), name="fig3")[0],
        "failed": draw_forest_by_trial(effect(value=None, reason="1 trial"), settings(), name="fig4")[0],
        "availability": draw_availability(availability(), name="appendix1")[0],
    }


@pytest.fixture(scope="module", params=["forest", "rescaled", "by trial", "failed", "availability"])
def drawing(request: pytest.FixtureRequest, made: dict[str, Drawing]) -> Drawing:
    return made[request.param]


@pytest.fixture(scope="module")
def made() -> dict[str, Drawing]:
    return drawings()


def words(element: ET.Element) -> str:
    return "".join(element.itertext())


def test_every_numeric_token_is_a_number_with_its_id(drawing: Drawing) -> None:
    known = {number.id: number for number in drawing.printed}
    seen: list[Number] = []
    for text in ET.fromstring(drawing.svg).iter(f"{SVG}text"):
        if text.get("data-axis") == "tick":
            continue
        numbers = [known[id_] for id_ in (text.get("data-id") or "").split()]
        expected = [token for number in numbers for token in TOKEN.findall(number.text)]
        assert TOKEN.findall(words(text)) == expected, words(text)
        seen += numbers
    assert seen == list(drawing.printed)


def test_one_id_means_one_number(made: dict[str, Drawing]) -> None:
    for item in made.values():
        texts: dict[str, str] = {}
        for number in numbers_in(item):
            assert texts.setdefault(number.id, number.text) == number.text


def test_ids_hold_no_space(drawing: Drawing) -> None:
    # data-id lists ids with spaces between them
    assert all(" " not in number.id for number in drawing.printed)


def test_the_svg_stands_on_its_own(drawing: Drawing) -> None:
    assert drawing.svg.startswith("<svg")
    root = ET.fromstring(drawing.svg)
    assert root.get("role") == "img"
    assert root[0].tag == f"{SVG}title"
    assert not TOKEN.search(root[0].text or "")
    assert root.get("width") == f"{drawing.width_mm:g}mm"
    assert root.get("height") == f"{drawing.height_mm:g}mm"
    assert "style" not in {element.tag.removeprefix(SVG) for element in root.iter()}
    assert all(element.get("id", drawing.name).startswith(drawing.name) for element in root.iter())
    assert "clip-path" not in drawing.svg


def test_the_svg_is_lean(made: dict[str, Drawing]) -> None:
    nodes = {name: len(list(ET.fromstring(item.svg).iter())) for name, item in made.items()}
    assert nodes["forest"] < 120
    assert len(made["forest"].svg) < 15_000


def test_words_of_the_study_file_are_escaped_and_kept(made: dict[str, Drawing]) -> None:
    texts = [words(text) for text in ET.fromstring(made["forest"].svg).iter(f"{SVG}text")]
    assert "Visit 5 <&>" in texts
    assert "3.0 (1.0 to 5.0)" in texts


def test_a_label_over_several_lines_is_one_text(made: dict[str, Drawing]) -> None:
    (label,) = (t for t in ET.fromstring(made["by trial"].svg).iter(f"{SVG}text") if words(t).startswith("A trial of"))
    assert len(label) > 1
    assert words(label) == "A trial of 1999-2003 with a name that is far too long for one line of 40 mm"


def test_the_way_back_to_0_to_100_is_said_with_numbers_that_have_rows(made: dict[str, Drawing]) -> None:
    assert {"fig2.scale-low", "fig2.scale-high"} <= {number.id for number in made["rescaled"].printed}


@pytest.mark.sampled(5)
def test_png_has_600_dots_per_inch_on_white(drawing: Drawing) -> None:
    from PIL import Image

    image = Image.open(io.BytesIO(png(drawing)))
    assert round(image.info["dpi"][0]) == 600
    assert abs(image.size[0] - drawing.width_mm / 25.4 * 600) < 1.5
    assert abs(image.size[1] - drawing.height_mm / 25.4 * 600) < 1.5
    counted = {colour: count for count, colour in image.convert("RGB").getcolors(1000)}
    assert max(counted, key=counted.__getitem__) == (255, 255, 255)
    assert not any(min(colour) > 250 for colour in counted if colour != (255, 255, 255))


def test_pdf_embeds_truetype_and_keeps_text(drawing: Drawing) -> None:
    ((name, content),) = figure_files([drawing])
    with pikepdf.open(io.BytesIO(content)) as pdf:
        (page,) = pdf.pages
        left, bottom, right, top = (float(number) / 72 * 25.4 for number in page.MediaBox)
        assert (left, bottom) == (0, 0) and (right, top) == pytest.approx(
            (drawing.width_mm, drawing.height_mm), abs=0.1
        )
        fonts = [font.DescendantFonts[0].FontDescriptor for font in page.Resources.Font.values()]
        assert fonts and all("/FontFile2" in font for font in fonts)
        assert str(pdf.docinfo["/Title"]) == (ET.fromstring(drawing.svg)[0].text or "")
        assert "/CreationDate" not in pdf.docinfo
    assert name == drawing.name


def test_a_frame_lies_upon_what_it_frames() -> None:
    share, cell = rectangle(1, 1, 5, 5, "#bcd2e1", kind="share"), rectangle(1, 1, 9, 5, "none", "#8b9298", kind="cell")
    line = Stroke(0, 0, 9, 0, "#8b9298", EDGE_WEIGHT)
    svg = drawing_of(Sheet("a", "t", 50.0, 30.0, (line, share, cell))).svg
    looks = re.findall(r'fill="([^"]*)"(?: stroke="([^"]*)")?', svg)
    assert looks == [("#ffffff", ""), ("none", "#8b9298"), ("#bcd2e1", ""), ("none", "#8b9298")]


def test_what_is_read_back_is_what_was_drawn() -> None:
    corners = ((0.0, 0.0), (25.4, 0.0), (25.4, 12.7))
    words = Words((Piece(25.4, 12.7, "7", "right"),), Style(weight="bold"), angle=90)
    dashed = Stroke(0, 0, 25.4, 0, "#123456", 0.5, dashed=True)
    found = drawn(svg_of(Sheet("a", "t", 50.8, 25.4, (Shape(corners, "#654321", "#123456"), dashed, words))))
    assert (found.width, found.height) == (144.0, 72.0)
    _, line, shape = found.paths
    assert line.dash == (1.85, 0.8) and not line.closed and line.lines == (((0.0, 0.0), (72.0, 0.0)),)
    assert shape.closed and shape.lines == (((0.0, 0.0), (72.0, 0.0), (72.0, 36.0)),)
    assert (shape.fill, shape.stroke, shape.weight) == ("#654321", "#123456", EDGE_WEIGHT)
    (text,) = found.lines
    assert (text.text, text.x, text.y, text.left, text.weight) == ("7", 72.0, 36.0, 1.0, "bold")
    assert text.angle == pytest.approx(-math.pi / 2)
