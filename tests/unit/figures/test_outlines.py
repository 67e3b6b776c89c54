"""Texts whose letters need their neighbours become outlines; all others stay texts."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from reportgen.figures.lettering import drawable, needs_shaping, width, wrap
from reportgen.figures.outlines import outlined
from reportgen.figures.theme import BODY

SVG = "{http://www.w3.org/2000/svg}"


def svg(*texts: str, anchor: str = "start", direction: str = "") -> str:
    turned = f' direction="{direction}"' if direction else ""
    lines = (f'<text font-size="8" fill="#111" x="50" y="20" text-anchor="{anchor}"{turned}>{t}</text>' for t in texts)
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 40">{"".join(lines)}</svg>'


def corners(source: str) -> tuple[float, float]:
    """The left and the right end of the only path."""
    path = ET.fromstring(source).find(f"{SVG}g/{SVG}path")
    assert path is not None
    numbers = [float(n) for n in "".join(c if c in "-. 0123456789" else " " for c in path.get("d", "")).split()]
    return min(numbers[::2]), max(numbers[::2])


def test_what_needs_no_shaping_is_left_as_it_is() -> None:
    source = svg("Müller 2019", "τ² ≤ 0.5 − 3")
    assert outlined(source) is source


@pytest.mark.parametrize("name", ["القاهرة", "ירושלים trial", "Nord\u0301"])
def test_what_needs_shaping_is_drawn_and_the_rest_stays_text(name: str) -> None:
    made = ET.fromstring(outlined(svg(name, "Bergen")))
    assert [text.text for text in made.iter(f"{SVG}text")] == ["Bergen"]
    (group,) = made.iter(f"{SVG}g")
    assert group.get("aria-label") == name


def test_a_script_that_the_fonts_lack_stays_text() -> None:
    assert [text.text for text in ET.fromstring(outlined(svg("हिन्दी"))).iter(f"{SVG}text")] == ["हिन्दी"]


@pytest.mark.parametrize(
    ("anchor", "direction", "side"),
    [("start", "", "left"), ("end", "", "right"), ("middle", "", "middle"), ("end", "rtl", "left"), ("start", "rtl", "right")],
)  # fmt: skip
def test_outlines_hang_where_the_text_hung(anchor: str, direction: str, side: str) -> None:
    left, right = corners(outlined(svg("القاهرة", anchor=anchor, direction=direction)))
    place = {"left": left, "right": right, "middle": (left + right) / 2}[side]
    assert place == pytest.approx(50, abs=1.0)  # a letter has some room on each side


def test_an_accent_is_no_letter_of_its_own() -> None:
    assert drawable("e\u0301") == "é" and not needs_shaping("e\u0301")
    assert width("e\u0301tude", BODY) == width("étude", BODY)
    lines = wrap("d\u0301" * 40, 5.0, BODY)
    assert len(lines) > 3 and not any(line.startswith("\u0301") for line in lines)
    assert "".join(lines) == "d\u0301" * 40
