"""How full the pages of a PDF are, and which drawings give way so that no page stays half empty.

In: pages as WeasyPrint has laid them out. Out: the share of its size at which each drawing is set. A page that is less than
half full, since the drawing that follows needs a page of its own, takes that drawing too where both have room at a size at
which their letters are still read. Nothing is cut and nothing changes its place in the order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise, takewhile
from typing import Any

HALF = 0.5
LEAST_SHARE = 0.85  # type of 8 points has 6.8 then
GAP_MM = 6.0  # between two drawings
PIXELS_PER_MM = 96 / 25.4

# A box of weasyprint; the library carries no types.
Box = Any


@dataclass(frozen=True, slots=True)
class Filled:
    """What stands on a page: the room of its text and how much of that is taken, in millimetres, and its drawings.

    Attributes
    ----------
    room, used : float
    drawings : tuple of (source, height)
        In their order.
    leading : float
        What the drawing at the head of the page takes with its caption, and with the notes that are never parted from it; 0 where
        something else stands there.
    wide : bool
        Whether the page lies on its long side.
    """

    room: float
    used: float
    drawings: tuple[tuple[str, float], ...] = ()
    leading: float = 0.0
    wide: bool = False

    @property
    def share(self) -> float:
        """How full the page is."""
        return self.used / self.room


def filled(page: Any) -> Filled:
    """Return what stands on a laid-out page."""
    box = page._page_box
    top = box.position_y + box.margin_top
    root = next(child for child in box.children if child.element_tag == "html")
    bottoms = [_bottom(each) for each in _boxes(root) if _is_content(each)]
    figures = [each for each in _boxes(root) if each.element_tag == "figure"]
    images = tuple(
        (each.element.get("src"), each.height / PIXELS_PER_MM) for each in _boxes(root) if each.element_tag == "img"
    )
    tops = [each.position_y for each in _boxes(root) if _is_content(each) and not _within(each, figures[:1])]
    first = figures[0] if figures and all(figures[0].position_y <= y for y in tops) else None
    return Filled(
        box.height / PIXELS_PER_MM,
        (max(bottoms, default=top) - top) / PIXELS_PER_MM,
        images,
        (max(map(_bottom, _kept_with(first, root))) - top) / PIXELS_PER_MM if first else 0.0,
        box.width > box.height,
    )


def shares_of(pages: Sequence[Filled], shares: Mapping[str, float]) -> dict[str, float]:
    """Return smaller shares for drawings that so fill up a page that is less than half full; of as many as are needed.

    Parameters
    ----------
    pages : sequence of Filled
        Laid out with these shares.
    shares : mapping
        Of the size of a drawing, by its source; 1 where it has none.

    Examples
    --------
    >>> pages = [Filled(250.0, 90.0, (("a", 80.0),)), Filled(250.0, 170.0, (("b", 160.0),), 170.0)]
    >>> {name: round(share, 2) for name, share in shares_of(pages, {}).items()}
    {'a': 0.93, 'b': 0.93}
    """
    found: dict[str, float] = {}
    for page, following in pairwise(pages):
        if page.share >= HALF or not following.leading or page.wide != following.wide:
            continue
        together = (*page.drawings, following.drawings[0])
        heights = sum(height for _, height in together)
        share = 1 - max(0.0, page.used + GAP_MM + following.leading - page.room) / heights
        whole = {name: share * shares.get(name, 1.0) for name, _ in together}
        if share < 1.0 and min(whole.values()) >= LEAST_SHARE and not found.keys() & whole.keys():
            found |= whole
    return found


def _boxes(box: Box) -> Iterator[Box]:
    yield box
    for child in getattr(box, "children", ()):
        yield from _boxes(child)


def _kept_with(first: Box, root: Box) -> list[Box]:
    """Return a box with those below it that no page break parts from it."""
    parent = next(each for each in _boxes(root) if first in getattr(each, "children", ()))
    after = parent.children[parent.children.index(first) + 1 :]
    return [first, *takewhile(lambda each: each.style["break_before"] == "avoid", after)]


def _is_content(box: Box) -> bool:
    """Whether a box is seen: a line of text, or a picture."""
    return bool(getattr(box, "text", "").strip()) or box.element_tag == "img"


def _within(box: Box, around: Sequence[Box]) -> bool:
    return any(box is inside for outer in around for inside in _boxes(outer))


def _bottom(box: Box) -> float:
    return float(box.position_y + box.margin_height())
