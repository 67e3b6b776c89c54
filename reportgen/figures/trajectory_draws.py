"""What random draws say, in the figure of a trajectory: the null band, effects after draws at the sizes, and a key.

In: a peeling of which something was drawn, and its series as a data frame. Out: layers of the plot, and marks beside it. The
figure of a peeling without draws has none of them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from reportgen.figures.lettering import NO_BREAK
from reportgen.figures.panel import EDGE
from reportgen.figures.scale import Scale
from reportgen.figures.sheet import Mark, Shape, Stroke, block, inline_width, lettered, rectangle
from reportgen.figures.theme import ACCENT, AXIS, BODY, MUTED, RULE, TINT, page_width
from reportgen.records.numbers import Inline, Number
from reportgen.records.peeling import PeeledBox, PeeledOutcome, PeelingSettings

if TYPE_CHECKING:
    import pandas as pd

ENDS = ("null_low", "null_high")
KEY_HEIGHT = 5.0  # of one line
KEY_LINE, KEY_GAP, SWATCH = 3.8, 3.6, 5.4
SIGN = 1.0  # half the height of a sign, in millimetres
ASIDE = 2.4  # millimetres
PAPER = "#ffffff"
NULL_FILL = "#e6e8ea"
GREY_FILL = "#d3d7da"  # of the interval where p of the search does not support what was found
BOTH_FILL = {TINT: "#a8bccb", GREY_FILL: "#c2c7cb"}  # where interval and null band lie over each other


def supported(peeling: PeeledOutcome) -> bool:
    """Whether draws support what was found, or nothing was drawn that could say so."""
    return peeling.honesty is None or peeling.honesty.verdict != "candidate, not supported"


def box_supported(box: PeeledBox) -> bool:
    """The same of the box of one size."""
    return box.honesty is None or box.honesty.verdict != "candidate, not supported"


def colour_of(known: bool) -> str:
    """Return the colour of what is supported, or grey."""
    return ACCENT if known else MUTED


def after_draws(boxes: Sequence[PeeledBox]) -> list[tuple[str, float, float]]:
    """Return kind, share and effect of what draws leave of each box: corrected, and in trials held out."""
    found = []
    for box in boxes:
        honest, share = box.honesty, _value(box.share)
        if honest is not None and honest.inside is not None:
            found.append(("corrected", share, _value(honest.inside.effect)))
        if honest is not None and honest.held_out is not None:
            found.append(("held out", share, _value(honest.held_out.inside.effect)))
    return [item for item in found if math.isfinite(item[2])]


def _value(number: Number) -> float:
    return math.nan if number.value is None else number.value


def null_band(effects: pd.DataFrame, limits: tuple[float, float]) -> pd.DataFrame | None:
    """Return the ends of the null band within the plot; None without draws, or where these are too few."""
    if ENDS[0] not in effects:
        return None
    known = effects.dropna(subset=list(ENDS))
    clipped = {end: known[end].clip(*limits) for end in ENDS}
    return known.assign(**clipped) if len(known) > 1 else None


def bands(effects: pd.DataFrame, null: pd.DataFrame | None, limits: tuple[float, float], fill: str) -> Iterator[Any]:
    """Yield the layers of interval and null band, with a darker one where both lie over each other.

    From the size on where the interval leaves the plot it has no fill, which would be most ink for least knowledge: lines go on.
    """
    import plotnine as p9

    from reportgen.figures.grammar import weight

    ends = p9.aes(ymin="low", ymax="high")
    inside = _inside(effects, limits)
    if null is not None:
        yield p9.geom_ribbon(p9.aes(ymin=ENDS[0], ymax=ENDS[1]), null, fill=NULL_FILL, outline_type="full")
    if len(inside):
        yield p9.geom_ribbon(ends, inside, fill=fill, outline_type="full")
    for end in ("low", "high"):
        within = effects[end].between(*limits)
        pieces = effects.assign(end=effects[end], piece=(within != within.shift()).cumsum())[within]
        yield p9.geom_line(p9.aes("share", "end", group="piece"), pieces, color=RULE, size=weight(0.5))
    if null is None:
        return
    both = null[null.index.isin(inside.index)]
    low, high = both[[ENDS[0], "low"]].max(axis=1), both[[ENDS[1], "high"]].min(axis=1)
    both = both.assign(low=low, high=high.clip(lower=low))  # without height where they are apart
    if len(both) > 1:
        yield p9.geom_ribbon(ends, both, fill=BOTH_FILL[fill], outline_type="full")
    for end in ENDS:
        yield p9.geom_line(p9.aes("share", end), null, color=RULE, linetype="dotted", size=weight(0.8))


def _inside(effects: pd.DataFrame, limits: tuple[float, float]) -> pd.DataFrame:
    """Return the sizes from everybody down whose intervals lie within the plot; none where there is but one."""
    there = (effects["low"] >= limits[0]) & (effects["high"] <= limits[1])
    inside = effects[there.cumprod().astype(bool)]
    return inside if len(inside) > 1 else inside[:0]


def signs(boxes: Sequence[PeeledBox], along: Scale, up: Scale) -> Iterator[Mark]:
    """Yield the open signs of effects after draws that lie within the plot; of trials held out left of their size, to be distinguishable."""
    for kind, share, effect in after_draws(boxes):
        if up.low <= effect <= up.high:
            yield _sign(kind, along.at(share) - (ASIDE if kind == "held out" else 0.0), up.at(effect))


def beyond(boxes: Sequence[PeeledBox], limits: tuple[float, float]) -> bool:
    """Whether an effect after draws lies beyond the plot."""
    return any(not limits[0] <= effect <= limits[1] for _, _, effect in after_draws(boxes))


def _sign(kind: str, x: float, y: float) -> Shape:
    corners = 4 if kind == "corrected" else 20
    angles = [2 * math.pi * k / corners for k in range(corners)]
    places = tuple((x + SIGN * math.cos(a), y + SIGN * math.sin(a)) for a in angles)
    return Shape(places, PAPER, ACCENT, kind="sign")


Entry = tuple[str, Inline]
"""A part of the key: what its sign is, and its words."""


def key_lines(boxes: Sequence[PeeledBox], settings: PeelingSettings, banded: bool) -> tuple[tuple[Entry, ...], ...]:
    """Return what the key above the plot says, line by line: what is a line, a sign or a band.

    Parameters
    ----------
    boxes : sequence of PeeledBox
        Those that are marked.
    settings : PeelingSettings
    banded : bool
        Whether there is a null band.
    """
    kinds = {kind for kind, _, _ in after_draws(boxes)}
    entries: list[Entry] = [("line", ("as found",))]
    entries += [("corrected", ("corrected for the search",))] if "corrected" in kinds else []
    entries += [("held out", ("in trials held out",))] if "held out" in kinds else []
    entries += [("interval", (settings.level, f"%{NO_BREAK}CI"))]
    entries += [("null", (settings.level, "% without effect modification"))] if banded else []
    lines: list[tuple[Entry, ...]] = []
    room = 0.0
    for entry in entries:
        if _breadth(entry) > room:
            lines.append(())
            room = page_width() - 2 * EDGE
        lines[-1] += (entry,)
        room -= _breadth(entry) + KEY_GAP
    return tuple(lines)


def key_height(lines: Sequence[Sequence[Entry]]) -> float:
    """Return the height of a key."""
    return KEY_HEIGHT + (len(lines) - 1) * KEY_LINE if lines else 0.0


def key(lines: Sequence[Sequence[Entry]], colour: str, y: float) -> Iterator[Mark]:
    """Yield the key above the plot; `y` is the baseline of its first line."""
    for number, line in enumerate(lines):
        x, base = EDGE, y + number * KEY_LINE
        for kind, said in line:
            yield from _swatch(kind, x, base - AXIS.cap_height / 2, colour)
            yield lettered(said, x + SWATCH, base, AXIS)
            x += _breadth((kind, said)) + KEY_GAP


def _breadth(entry: Entry) -> float:
    return SWATCH + inline_width(entry[1], AXIS)


def _swatch(kind: str, x: float, middle: float, colour: str) -> Iterator[Mark]:
    """Yield a sign of the key, four millimetres wide."""
    if kind in ("corrected", "held out"):
        yield _sign(kind, x + 2.2, middle)
    elif kind == "line":
        yield Stroke(x, middle, x + 4.4, middle, colour, 1.1)
        half = SIGN
        places = (
            (x + 2.2 + half, middle),
            (x + 2.2, middle + half),
            (x + 2.2 - half, middle),
            (x + 2.2, middle - half),
        )
        yield Shape(places, colour, kind="sign")
    else:
        fill = NULL_FILL if kind == "null" else TINT if colour == ACCENT else GREY_FILL
        yield rectangle(x, middle - 1.1, x + 4.4, middle + 1.1, fill, RULE if kind == "null" else "", kind="swatch")


def verdict(peeling: PeeledOutcome, y: float, limit: float) -> Iterator[Mark]:
    """Yield p of the search with its verdict, below the title of the upright axis."""
    whole = peeling.honesty
    if whole is None or whole.p.value is None:
        return
    sign = NO_BREAK if whole.p.text[:1] in "<>" else f"{NO_BREAK}={NO_BREAK}"
    yield block(("p of the search", sign, whole.p, ": ", whole.verdict), EDGE, y, limit, BODY)
