"""A page that would stay half empty takes the drawing that follows, where both are still read."""

from __future__ import annotations

from dataclasses import replace

import pytest
import weasyprint

from reportgen.render.html import pdf_document
from reportgen.render.page_fill import LEAST_SHARE, Filled, filled, shares_of
from reportgen.render.picture import source_of
from tests.unit.render.conftest import Report

SHORT = Filled(250.0, 90.0, (("a", 80.0),))


def following(height: float) -> Filled:
    return Filled(250.0, height + 10.0, (("b", height),), height + 10.0)


def test_drawings_share_what_is_missing() -> None:
    found = shares_of([SHORT, following(160.0)], {})
    assert set(found) == {"a", "b"}
    assert found["a"] * 240.0 == pytest.approx(240.0 - (90.0 + 6.0 + 170.0 - 250.0))


@pytest.mark.parametrize(
    "pages",
    [
        [SHORT, following(230.0)],  # letters would be too small
        [replace(SHORT, used=126.0), following(160.0)],  # it is half full
        [SHORT, replace(following(160.0), leading=0.0)],  # something else is at the head of the next page
        [SHORT, replace(following(160.0), wide=True)],
        [SHORT],
    ],
)
def test_nothing_gives_way_where_that_would_not_help(pages: list[Filled]) -> None:
    assert shares_of(pages, {}) == {}


def test_what_has_given_way_does_not_give_way_below_the_least_share() -> None:
    found = shares_of([SHORT, following(160.0)], {"a": 0.9, "b": 0.9})
    assert found == {}
    assert LEAST_SHARE < 0.9


@pytest.mark.slow
def test_two_drawings_that_nearly_fit_stand_on_one_page(report: Report) -> None:
    drawn = next(artefact for artefact in report.artefacts if artefact.name == "fig1")
    (part,) = drawn.parts
    first, second = (
        replace(part.drawings[0], name=name, height_mm=height, width_mm=150.0)
        for name, height in (("first", 80.0), ("second", 165.0))
    )
    artefact = replace(drawn, parts=(replace(part, drawings=(first, second), notes=()),), notes=())
    alone = replace(report.appendix, methods=(), artefacts=(artefact,), back=(), references={}, abbreviations=())
    pages = [filled(page) for page in pdf_document(alone).pages]
    (shared,) = [page for page in pages if page.drawings]
    assert [name for name, _ in shared.drawings] == [source_of(first), source_of(second)]
    assert 0.9 < shared.share <= 1.0
    assert sum(height for _, height in shared.drawings) < 245.0


@pytest.mark.parametrize(("glued", "leading"), [("avoid", 160.0), ("auto", 140.0)])
def test_notes_that_no_break_parts_from_a_drawing_need_room_with_it(glued: str, leading: float) -> None:
    page = f"""
      <style>@page {{ size: 210mm 297mm; margin: 20mm }} * {{ margin: 0 }} figure {{ height: 140mm }}
      p {{ break-before: {glued}; height: 20mm }}</style>
      <figure>A drawing.</figure><p>Its note.</p><section>What follows.</section>"""
    (laid_out,) = weasyprint.HTML(string=page).render().pages
    assert filled(laid_out).leading == pytest.approx(leading)
