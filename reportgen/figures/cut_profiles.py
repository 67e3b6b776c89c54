"""The cuts that a search tried and that are disclosed: −log10 p against the cut, a small panel for each moderator in each node.

In: a search as recorded. Out: one sheet a page. Cuts of a quantity are points at their values, joined by a line; sets of
levels are points in the order in which they were tried. The dashed line is what a cut must reach to be kept; the filled
mark is the best cut, a ring where people were divided there.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from reportgen.figures import words
from reportgen.figures.panel import DIAMOND_HALF, EDGE, PAPER
from reportgen.figures.scale import Scale, round_values
from reportgen.figures.sheet import Mark, Piece, Sheet, Stroke, Words, block, lettered, lines_of, text_of
from reportgen.figures.svg import EDGE_WEIGHT
from reportgen.figures.theme import ACCENT, AXIS, BODY, HEAD, INK, MUTED, NOTE, RULE, TICK, page_width
from reportgen.records.numbers import Inline, Number, p_words
from reportgen.records.partition import PartitionedOutcome, Profile, Split

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

TITLE = "Cuts that were tried"
ACROSS = 4
PLOT_HEIGHT = 24.0
LEFT = 10.5  # for the upright axis with its title
RIGHT = 2.5
TITLE_HEIGHT = 4.6
FOOT = 9.6  # ticks and title of the axis below
PAGE_HEIGHT = 226.0
SHARES = 40  # steps between half a page and a whole one, where panels are shared out
DOT = 0.84  # the side of a square
DIAMOND = 2**0.5 * 0.9 * DIAMOND_HALF
LEAST_TOP = 2.0


@dataclass(frozen=True, slots=True)
class Strip:
    """A row of panels of one node; the first of a node carries its heading."""

    node: int
    profiles: tuple[Profile, ...]
    heading: Inline
    top: float  # of the upright axis

    @property
    def height(self) -> float:
        """Height in millimetres."""
        heading = lines_of(self.heading, _text_width(), HEAD) * HEAD.leading + 1.5 if self.heading else 0.0
        titles = (max(_title_lines(profile) for profile in self.profiles) - 1) * BODY.leading
        return heading + titles + TITLE_HEIGHT + PLOT_HEIGHT + FOOT


def _title_lines(profile: Profile) -> int:
    return lines_of((profile.label,), panel_width() - LEFT - RIGHT, BODY)


def profile_sheets(search: PartitionedOutcome, *, name: str) -> tuple[Sheet, ...]:
    """Return the pages of the profiles of one search, before they are drawn."""
    pages = _pages(tuple(_strips(search)))
    return tuple(
        _sheet(page, search, name if number == 1 else f"{name}-{number}") for number, page in enumerate(pages, start=1)
    )


def _text_width() -> float:
    return page_width() - 2 * EDGE


def panel_width() -> float:
    """Return the width of one panel, with its upright axis."""
    return _text_width() / ACROSS


def _strips(search: PartitionedOutcome) -> Iterator[Strip]:
    """Yield the panels in rows; those of one node have the same upright axis."""
    for place, node in enumerate(search.tree):
        profiles = [profile for profile in search.profiles if profile.node == place and _heights(profile)]
        top = max([LEAST_TOP, *(height for profile in profiles for height in _heights(profile))])
        for first in range(0, len(profiles), ACROSS):
            heading: Inline = () if first else (*node.members.words, ", n\u00a0=\u00a0", node.members.n)
            yield Strip(place, tuple(profiles[first : first + ACROSS]), heading, top)


def _heights(profile: Profile) -> list[float]:
    return [height for height in (*profile.minus_log10_p, profile.threshold) if math.isfinite(height)]


def _pages(strips: Sequence[Strip]) -> list[list[Strip]]:
    """Share the panels out over as few pages as possible, all about equally full."""
    fewest = len(_filled(strips, PAGE_HEIGHT))
    shared = (_filled(strips, PAGE_HEIGHT * share / SHARES) for share in range(SHARES // 2, SHARES + 1))
    return next(pages for pages in shared if len(pages) == fewest)


def _filled(strips: Sequence[Strip], limit: float) -> list[list[Strip]]:
    pages: list[list[Strip]] = [[]]
    used = 0.0
    for strip in strips:
        if pages[-1] and used + strip.height > limit:
            pages.append([])
            used = 0.0
        pages[-1].append(strip)
        used += strip.height
    return pages


def _sheet(page: Sequence[Strip], search: PartitionedOutcome, name: str) -> Sheet:
    marks: list[Mark] = []
    drawn = iter(_drawn([(profile, strip.top) for strip in page for profile in strip.profiles]))
    y = 0.6
    for strip in page:
        if strip.heading:
            marks.append(block(strip.heading, EDGE, y + 3.2, _text_width(), HEAD))
        y += strip.height
        for i, profile in enumerate(strip.profiles):
            marks += _panel(profile, next(drawn), EDGE + i * panel_width(), y - FOOT)
    note = _note(page)
    marks.append(Stroke(EDGE, y, page_width() - EDGE, y, INK, 0.5))
    small = block(note, EDGE, y + 3.2, _text_width(), NOTE)
    marks.append(small)
    height = math.ceil((small.pieces[-1].y + 1.4) * 10) / 10
    return Sheet(name, TITLE, page_width(), height, tuple(marks), _alt(page, search, name))


def _drawn(profiles: Sequence[tuple[Profile, float]]) -> list[Axes]:
    """Draw profiles, each up to the top of its axis: the cuts of a quantity are joined, sets of levels stand alone."""
    import numpy as np
    import pandas as pd
    import plotnine as p9

    from reportgen.figures.grammar import panels, square, weight

    cuts = pd.concat([_tidy(panel, *profile) for panel, profile in enumerate(profiles)])
    finite = cuts[np.isfinite(cuts["height"])]
    held = finite[np.isfinite(finite["threshold"])].drop_duplicates("panel")
    return panels(
        finite,
        p9.aes("cut", "height"),
        p9.facet_wrap("panel", scales="free"),
        p9.coord_cartesian(expand=False),
        p9.geom_blank(p9.aes(xmin="cut - room", xmax="cut + room", ymin=0.0, ymax="top"), cuts),
        p9.geom_line(data=finite[finite["joined"]], color=MUTED, size=weight(0.5)),
        p9.geom_hline(p9.aes(yintercept="threshold"), held, color=ACCENT, linetype="dashed", size=weight(0.6)),
        p9.geom_point(shape="s", color=MUTED, fill=MUTED, **square(DOT)),
        p9.geom_point(
            p9.aes(fill="kept"), finite[finite["best"]], shape="D", color=ACCENT, **square(DIAMOND, EDGE_WEIGHT)
        ),
        p9.scale_fill_manual({True: ACCENT, False: PAPER}),
    )


def _tidy(panel: int, profile: Profile, top: float) -> pd.DataFrame:
    """Return the cuts of a profile, a row each, with what its panel needs."""
    import pandas as pd

    room = 0.5 if profile.sets else (max(profile.cuts) - min(profile.cuts)) * 0.03 or 0.5
    return pd.DataFrame({"cut": profile.cuts, "height": profile.minus_log10_p}).assign(
        panel=panel,
        best=[i == profile.chosen for i in range(len(profile.cuts))],
        kept=profile.kept,
        joined=not profile.sets,
        threshold=profile.threshold,
        room=room,
        top=top * 1.08,
    )


def _panel(profile: Profile, drawn: Axes, left: float, foot: float) -> list[Mark]:
    """Return one panel: axes, threshold, cuts, the best of them."""
    from reportgen.figures.grammar import placed

    start, end = left + LEFT, left + panel_width() - RIGHT
    panel = placed(drawn, start, foot - PLOT_HEIGHT, end, foot)
    title = foot - PLOT_HEIGHT - 1.6 - (_title_lines(profile) - 1) * BODY.leading
    middle = foot - PLOT_HEIGHT / 2
    return [
        block((profile.label,), start, title, end - start, BODY),
        Stroke(start, foot, end, foot, RULE, 0.6),
        Stroke(start, foot, start, foot - PLOT_HEIGHT, RULE, 0.6),
        *_upright_ticks(panel.up, start),
        Words((Piece(left + 2.4, middle, text_of(("−log₁₀\u00a0p",)), "center"),), AXIS, angle=90),
        *(_level_ticks if profile.sets else _ticks)(profile, panel.along, foot),
        *panel.marks,
    ]


def _upright_ticks(up: Scale, x: float) -> list[Mark]:
    marks: list[Mark] = []
    for value, text in round_values(0.0, up.high, 5):
        y = up.at(value)
        marks.append(Stroke(x - 0.8, y, x, y, RULE, 0.6))
        marks.append(Words((Piece(x - 1.3, y + TICK.cap_height / 2, text, "right"),), TICK, axis="tick"))
    return marks


def _ticks(profile: Profile, along: Scale, foot: float) -> list[Mark]:
    marks: list[Mark] = []
    for value, text in round_values(min(profile.cuts), max(profile.cuts), 5):
        x = along.at(value)
        marks.append(Stroke(x, foot, x, foot + 0.8, RULE, 0.6))
        marks.append(Words((Piece(x, foot + 3.6, text, "center"),), TICK, axis="tick"))
    title: Inline = ("cut, ", profile.unit) if profile.unit.text else ("cut",)
    middle = (along.start + along.end) / 2
    return [*marks, lettered(title, middle, foot + 7.0, AXIS, "center")]


def _level_ticks(profile: Profile, along: Scale, foot: float) -> list[Mark]:
    """Return the ticks of sets of levels: places only, since a set has no room for its name."""
    marks: list[Mark] = [Stroke(along.at(cut), foot, along.at(cut), foot + 0.8, RULE, 0.6) for cut in profile.cuts]
    title = "the only division" if len(profile.cuts) == 1 else "divisions of the levels"
    return [*marks, lettered((title,), (along.start + along.end) / 2, foot + 3.8, AXIS, "center")]


def _note(page: Sequence[Strip]) -> Inline:
    profiles = [profile for strip in page for profile in strip.profiles]
    note = "Vertical axis: −log₁₀ of the unadjusted p of the split, for every cut that leaves enough participants"
    suppressed = any(profile.suppressed for profile in profiles)
    note += " and that enough participants distinguish from the others drawn here. " if suppressed else ". "
    note += "Diamond: the best cut of the moderator, filled where the node was split there. "
    if any(math.isfinite(profile.threshold) for profile in profiles):
        note += "Dashed line: the level that the best cut must reach to be kept. "
    return (note.rstrip(),)


def _best(search: PartitionedOutcome, profile: Profile) -> Split | None:
    """Return the split that a profile led to."""
    splits = search.tree[profile.node].splits
    return next((split for split in splits if split.better.moderator == profile.moderator), None)


def _alt(page: Sequence[Strip], search: PartitionedOutcome, name: str) -> Inline:
    profiles = [profile for strip in page for profile in strip.profiles]
    panels = words.count(name, "panels", len(profiles))
    cuts = words.count(name, "cuts", sum(len(profile.cuts) for profile in profiles))
    alt: list[str | Number] = ["Profiles of cuts: ", *words.plural(panels, "panel", "panels")]
    alt += [", ", *words.plural(cuts, "cut", "cuts")]
    for node, among in groupby(profiles, lambda profile: profile.node):
        best = [split for profile in among if (split := _best(search, profile)) is not None]
        parts = [(*split.better.words, ", raw ", *p_words(split.p_raw), *_fate(split)) for split in best]
        alt += [". ", *search.tree[node].members.words, ", best cuts: ", *words.listed(parts)] if parts else []
    return (*alt, ".")


def _fate(split: Split) -> Inline:
    return (", kept" if split.kept else ", not kept",)
