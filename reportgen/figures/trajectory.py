"""The trajectory of a directed peeling: the effect inside as the subgroup shrinks, and the limits that shrink it.

In: one peeling as recorded. Out: one sheet. Above, the effect inside the best subgroup of each size with its interval, the
effect in everybody dashed, a diamond at each size of the table; below, the limit of each moderator at the same place, on
the edge where it excludes nobody. All share one axis: the share of the participants, from everybody on the left.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from reportgen.figures import words
from reportgen.figures.after_draws import after
from reportgen.figures.lettering import NO_BREAK
from reportgen.figures.panel import EDGE
from reportgen.figures.scale import Scale, round_ratios, round_values
from reportgen.figures.sheet import (
    Mark,
    Piece,
    Shape,
    Sheet,
    Stroke,
    Words,
    block,
    inline_width,
    lettered,
    lines_of,
)
from reportgen.figures.theme import ACCENT, AXIS, BODY, INK, NOTE, RULE, TICK, TINT, page_width
from reportgen.figures.trajectory_draws import (
    GREY_FILL,
    after_draws,
    bands,
    beyond,
    box_supported,
    colour_of,
    key,
    key_height,
    key_lines,
    null_band,
    signs,
    supported,
    verdict,
)
from reportgen.houses import COLUMN
from reportgen.records.artefact import Drawing
from reportgen.records.effect_scale import NO_EFFECT
from reportgen.records.honesty import verdict_sentence
from reportgen.records.numbers import Inline, Number
from reportgen.records.peeling import PeeledBox, PeeledModerator, PeeledOutcome, PeelingSettings

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from reportgen.figures.grammar import Panel

TITLE = "Trajectory of directed peeling"
LEFT, LEFT_IN_COLUMN, MARGIN = 46.0, 34.5, 3.0  # of the plots: where they begin, and what is free at the right
BESIDE_LABELS = 12.0  # between labels and plots
EFFECT_HEIGHT = 34.5
LEAST_STRIP = 8.8
STRIP_GAP = 2.2
TICK_GAP = 2.0  # between the labels of two ticks
OPEN_EDGE = 0.22  # of the height of a strip: between the outermost limit and "excludes nobody"
DIAMOND = 2**0.5  # the side of a square on its corner
AXIS_WORDS = 12.6
LEFT_OUT: Inline = (" Shares and participants are given where there is room for them.",)
HALF = 0.5  # the axis holds the intervals of subgroups at least so large,
LONGER = 1.6  # and of all others where it becomes no longer than so many times by them
MOST_SPREAD = 2.0  # of the range of effects: how far beyond it intervals are shown


def draw_trajectory(
    peeling: PeeledOutcome, sizes: tuple[float, ...], settings: PeelingSettings, *, name: str
) -> tuple[Drawing, ...]:
    """Draw the trajectory of one peeling.

    Parameters
    ----------
    peeling : PeeledOutcome
        With a frontier.
    sizes : tuple of float
        Shares of people whose boxes are marked; the record holds a box for each.
    settings : PeelingSettings
        For the level of the intervals.
    name : str
        Stem of the files and prefix of the ids.

    Returns
    -------
    tuple of Drawing
        One.
    """
    from reportgen.figures.svg import drawing

    return (drawing(trajectory_sheet(peeling, sizes, settings, name=name)),)


def trajectory_sheet(
    peeling: PeeledOutcome, sizes: tuple[float, ...], settings: PeelingSettings, *, name: str
) -> Sheet:
    """Return the sheet of a trajectory, before it is drawn."""
    from reportgen.figures.grammar import placed

    boxes = peeling.nearest(sizes)
    effects = _effects(peeling)
    limits = _effect_limits(effects, [effect for _, _, effect in after_draws(boxes)])
    least = (settings.min_fraction.value or 0.0) / 100
    first, *strips = _drawn(peeling, boxes, effects, limits, min(least, effects["share"].min()))
    drawn = peeling.honesty is not None
    entries = key_lines(boxes, settings, null_band(effects, limits) is not None) if drawn else ()
    top = 1.2 + key_height(entries)
    y = top + EFFECT_HEIGHT
    upper = placed(first, left(), top, right(), y)
    points = [mark for mark in upper.marks if isinstance(mark, Shape) and mark.kind == "point"]
    behind = [mark for mark in upper.marks if mark not in points]
    marks = [*behind, *signs(boxes, upper.along, upper.up), *points, *_effect_axis(peeling, upper.up, settings)]
    if drawn:
        marks += key(entries, colour_of(supported(peeling)), 1.2 + AXIS.cap_height)
        marks += verdict(peeling, top + 16.0, label_width())
    for moderator, series, panel in zip(peeling.moderators, peeling.frontier.limits, strips, strict=True):
        start, y = y + STRIP_GAP, y + STRIP_GAP + _strip_height(moderator)
        marks += _strip(moderator, series, placed(panel, left(), start, right(), y))
    people, all_people = _people(peeling, boxes, upper.along)
    marks = [*_sizes(boxes, upper.along, top + EFFECT_HEIGHT, y), *marks, *_axis(boxes, people, upper.along, y)]
    y += AXIS_WORDS
    marks.append(Stroke(EDGE, y, page_width() - EDGE, y, INK, 0.5))
    words_below = (*_note(peeling, boxes, effects, limits, settings), *(() if all_people else LEFT_OUT))
    note = block(words_below, EDGE, y + 3.2, page_width() - 2 * EDGE, NOTE)
    marks.append(note)
    height = math.ceil((note.pieces[-1].y + 1.4) * 10) / 10
    return Sheet(name, TITLE, page_width(), height, tuple(marks), _alt(peeling))


def left() -> float:
    """Return where the plots begin."""
    return LEFT if page_width() > COLUMN else LEFT_IN_COLUMN


def label_width() -> float:
    """Return how wide a label is at the most."""
    return left() - BESIDE_LABELS


def right() -> float:
    """Return where the plots end."""
    return page_width() - MARGIN


def _value(number: Number) -> float:
    return math.nan if number.value is None else number.value


def _effects(peeling: PeeledOutcome) -> pd.DataFrame:
    """Return everybody, then the boxes from large to small, a row each; those without an effect have none."""
    import pandas as pd

    line, overall = peeling.frontier, peeling.overall
    found = {
        "share": (1.0, *line.share),
        "effect": (_value(overall.effect), *line.effect),
        "low": (_value(overall.low), *line.low),
        "high": (_value(overall.high), *line.high),
    }
    if line.null_low:
        found |= {"null_low": (math.nan, *line.null_low), "null_high": (math.nan, *line.null_high)}
    return pd.DataFrame(found).dropna(subset="effect")


def _effect_limits(effects: pd.DataFrame, after: Sequence[float]) -> tuple[float, float]:
    """Return limits that hold no effect, every estimate and the intervals down to half of the people, unless these flatten all else.

    Smaller subgroups have wider intervals, which leave the plot. What draws leave of the effects counts as the intervals do.
    """
    least, most = min(NO_EFFECT, effects["effect"].min()), max(NO_EFFECT, effects["effect"].max())
    spread = (most - least or 1.0) * MOST_SPREAD

    def ends(shown: pd.DataFrame) -> tuple[float, float]:
        low, high = min(least, shown["low"].min(), *after), max(most, shown["high"].max(), *after)
        return max(low, least - spread), min(high, most + spread)

    low, high = ends(effects[effects["share"] >= HALF])
    wider = ends(effects)
    if wider[1] - wider[0] <= LONGER * (high - low):
        low, high = wider
    room = 0.04 * (high - low or 1.0)
    return low - room, high + room


def _drawn(
    peeling: PeeledOutcome, boxes: Sequence[PeeledBox], effects: pd.DataFrame, limits: tuple[float, float], least: float
) -> list[Axes]:
    """Draw band, lines of no effect and of everybody, trajectory and marked sizes; below, a stair for each moderator."""
    import pandas as pd
    import plotnine as p9

    from reportgen.figures.grammar import panels, square, weight

    effects = effects.assign(panel=0, bottom=limits[0], top=limits[1], overall=_value(peeling.overall.effect))
    colour, fill = colour_of(supported(peeling)), TINT if supported(peeling) else GREY_FILL
    places = [(_value(box.share), _value(box.inside.effect), box_supported(box)) for box in boxes]
    marked = pd.DataFrame(places, columns=["share", "effect", "known"]).assign(panel=0)
    diamonds = ((marked[marked["known"] == known], colour_of(known)) for known in (True, False))
    frontier = zip(peeling.moderators, peeling.frontier.limits, strict=True)
    stairs = pd.concat(_stair(k, *series, peeling.frontier.share) for k, series in enumerate(frontier, 1))
    frames = pd.concat([effects, stairs]).drop_duplicates("panel")
    everybody = frames.dropna(subset="overall")
    return panels(
        effects,
        p9.aes("share", "effect"),
        p9.facet_wrap("panel", ncol=1, scales="free_y"),
        p9.coord_cartesian(xlim=(1.0, least), expand=False),
        p9.geom_blank(p9.aes(y=None, ymin="bottom", ymax="top"), frames),
        *bands(effects, null_band(effects, limits), limits, fill),
        p9.geom_hline(p9.aes(yintercept=NO_EFFECT), frames[:1], color=INK, size=weight(0.5)),
        p9.geom_hline(p9.aes(yintercept="overall"), everybody, color=ACCENT, linetype="dashed", size=weight(0.7)),
        p9.geom_line(color=colour, size=weight(1.1)),
        *(
            p9.geom_point(data=some, shape="D", color=of_some, fill=of_some, **square(DIAMOND))
            for some, of_some in diamonds
            if len(some)
        ),
        p9.geom_segment(p9.aes("x", "y", xend="xend", yend="yend", color="open", size="thin"), stairs),
        p9.scale_color_manual({False: colour, True: RULE}),
        p9.scale_size_manual({False: weight(1.1), True: weight(0.5)}),
    )


def _stair(panel: int, moderator: PeeledModerator, limits: Sequence[float], shares: Sequence[float]) -> pd.DataFrame:
    """Return steps and risers: a limit holds half-way to the sizes beside its own, without end where it excludes nobody."""
    import pandas as pd

    # where no box was found there is everybody, without limits
    limit, share, from_above = pd.Series(limits or (math.nan,)), pd.Series(shares or (1.0,)), moderator.side == "≤"
    low, high = limit.agg(["min", "max"]).fillna(0.0)
    if low == high:
        low, high = low - 0.5, high + 0.5
    room = (high - low) * OPEN_EDGE / (1 - OPEN_EDGE)
    y, is_open = limit.fillna(math.inf if from_above else -math.inf), limit.isna()
    x = share.rolling(2).mean().fillna(1.0)
    xend = x.shift(-1).fillna(share.min())
    steps = pd.DataFrame({"x": x, "y": y, "xend": xend, "yend": y, "open": is_open, "thin": is_open})
    beside = is_open | is_open.shift(fill_value=False)
    risers = pd.DataFrame({"x": x, "y": y.shift(), "xend": x, "yend": y, "open": beside, "thin": True})[1:]
    return pd.concat([steps, risers[risers["y"] != risers["yend"]]]).assign(
        panel=panel, bottom=low if from_above else low - room, top=high + room if from_above else high
    )


def _effect_axis(peeling: PeeledOutcome, up: Scale, settings: PeelingSettings) -> Iterator[Mark]:
    """Yield the upright axis of the effects, with its title."""
    ticks = round_ratios if peeling.scale.is_ratio else round_values
    yield from _upright(up, ticks(up.low, up.high, 6))
    unit: Inline = (", ", peeling.unit) if peeling.unit.text else ()
    title: Inline = (f"{peeling.scale.head} inside (", settings.level, f"%{NO_BREAK}CI)", *unit)
    yield block(title, EDGE, up.end + BODY.cap_height, label_width(), BODY)


def _upright(up: Scale, ticks: Iterable[tuple[float, str]]) -> Iterator[Mark]:
    """Yield an upright axis with its ticks."""
    yield Stroke(left(), up.start, left(), up.end, RULE, 0.6)
    for value, text in ticks:
        y = up.at(value)
        yield Stroke(left() - 0.9, y, left(), y, RULE, 0.6)
        yield Words((Piece(left() - 1.5, y + TICK.cap_height / 2, text, "right"),), TICK, axis="tick")


def _head(moderator: PeeledModerator) -> Inline:
    unit: Inline = (", ", moderator.unit) if moderator.unit.text else ()
    if moderator.levels is not None:
        unit = (", level of ", moderator.levels)
    return (moderator.label, f"{NO_BREAK}{moderator.side}", *unit)


def _strip_height(moderator: PeeledModerator) -> float:
    return max(LEAST_STRIP, lines_of(_head(moderator), label_width(), BODY) * BODY.leading)


def _strip(moderator: PeeledModerator, limits: Sequence[float], panel: Panel) -> Iterator[Mark]:
    """Yield the strip of one moderator: its limit at every size, grey on the open edge where it excludes nobody."""
    head, middle = _head(moderator), (panel.up.start + panel.up.end) / 2
    lines = lines_of(head, label_width(), BODY)
    yield block(head, EDGE, middle + (BODY.cap_height - (lines - 1) * BODY.leading) / 2, label_width(), BODY)
    closed = [limit for limit in limits if not math.isnan(limit)]
    if closed:
        yield from _upright(panel.up, _ends(panel.up, min(closed), max(closed)))
        yield from panel.marks
    else:
        yield from _upright(panel.up, ())
        message = "excludes no one at any size"
        yield lettered((message,), (left() + right()) / 2, middle + TICK.cap_height / 2, TICK, "center")


def _ends(up: Scale, low: float, high: float) -> Iterable[tuple[float, str]]:
    """Return two ticks that have room beside each other and beside those of other strips, the roundest that do; else one."""
    top, bottom = up.end + TICK.cap_height / 2, up.start - TICK.cap_height / 2
    all_of = [round_values(low, high, most) for most in (3, 4, 6, 9)]
    found = [[tick for tick in ticks if top <= up.at(tick[0]) <= bottom] for ticks in all_of]
    least = TICK.cap_height + TICK_GAP
    apart = (ticks for ticks in found if ticks and abs(up.at(ticks[-1][0]) - up.at(ticks[0][0])) >= least)
    ticks = next(apart, next(filter(None, found), all_of[0])[:1])
    return dict.fromkeys((ticks[0], ticks[-1]))


def _sizes(boxes: Sequence[PeeledBox], along: Scale, top: float, bottom: float) -> list[Mark]:
    """Return thin lines at the sizes of the table, through all strips."""
    return [Stroke(x, top, x, bottom, RULE, 0.5) for x in (along.at(_value(box.share)) for box in boxes)]


def _people(
    peeling: PeeledOutcome, boxes: Sequence[PeeledBox], along: Scale
) -> tuple[list[tuple[float, Inline, Number]], bool]:
    """Return place, share and participants of the sizes of the table that have room beside each other, and whether these are all."""
    places: list[tuple[float, Inline, Number]] = [(along.at(1.0), ("1",), peeling.n)]
    places += [(along.at(_value(box.share)), (box.share,), box.n) for box in reversed(boxes)]
    people: list[tuple[float, Inline, Number]] = []
    taken = -math.inf
    for x, share, number in places:
        half = max(inline_width((number,), AXIS), inline_width(share, TICK)) / 2
        if x - half > taken + 1.0:
            people.append((x, share, number))
            taken = x + half
    return people, len(people) == len(places)


def _axis(
    boxes: Sequence[PeeledBox], people: Sequence[tuple[float, Inline, Number]], along: Scale, y: float
) -> Iterator[Mark]:
    """Yield the axis of sizes with its title: a tick at each size of the table, and below it share and participants."""
    yield Stroke(left(), y + 0.8, right(), y + 0.8, RULE, 0.6)
    for share in (1.0, *(_value(box.share) for box in boxes)):
        yield Stroke(along.at(share), y + 0.8, along.at(share), y + 1.7, RULE, 0.6)
    yield lettered(("Share in the subgroup",), EDGE, y + 4.5, AXIS)
    yield lettered(("Participants inside (n)",), EDGE, y + 8.6, AXIS)
    for x, printed, number in people:
        words = lettered(printed, x, y + 4.5, TICK, "center")
        yield words if words.numbers else replace(words, axis="tick")  # everybody is a share of one by definition
        yield lettered((number,), x, y + 8.6, AXIS, "center")


def _note(
    peeling: PeeledOutcome,
    boxes: Sequence[PeeledBox],
    effects: pd.DataFrame,
    limits: tuple[float, float],
    settings: PeelingSettings,
) -> Inline:
    overall = peeling.overall
    cut = effects["low"].min() < limits[0] or effects["high"].max() > limits[1]
    return (
        f"Line: {peeling.scale.effect} in the best subgroup found of each size; band: ",
        settings.level,
        "% confidence interval, not adjusted for the search",
        ", without fill from the size at which it leaves the plot. " if cut else ". ",
        *_null_words(peeling, settings),
        *_after_words(peeling, boxes, limits),
        f"Dashed: {peeling.scale.effect} in everybody, ",
        overall.effect,
        " (",
        overall.low,
        " to ",
        overall.high,
        "). Diamonds: selected sizes. Below: the limit of each moderator, grey at the edge where it excludes no one. ",
        *words.plural(peeling.evaluated, "subgroup was", "subgroups were"),
        " evaluated",
        *(("; no hypothesis was tested.",) if peeling.honesty is None else (". ", *verdict_sentence(peeling))),
        f" {peeling.scale.direction}.",
    )


def _null_words(peeling: PeeledOutcome, settings: PeelingSettings) -> Inline:
    """Return what the grey band is; nothing without draws."""
    if all(math.isnan(end) for end in peeling.frontier.null_low):
        return ()
    return (
        "Grey band: where ",
        settings.level,
        "% of such effects lie in data without any effect modification (at each size separately). ",
    )


def _after_words(peeling: PeeledOutcome, boxes: Sequence[PeeledBox], limits: tuple[float, float]) -> Inline:
    """Return what open signs and grey are; nothing without draws."""
    if peeling.honesty is None:
        return ()
    kinds = {kind for kind, _, _ in after_draws(boxes)}
    message = (
        "Circles: chosen in the other trials, evaluated in the trial held out, pooled. " if "held out" in kinds else ""
    )
    if beyond(boxes, limits):
        message += "Signs beyond the plot are not drawn. "
    if not supported(peeling) or not all(box_supported(box) for box in boxes):
        message += "Grey: candidates not supported by p of the search. "
    return (message,)


def _alt(peeling: PeeledOutcome) -> Inline:
    """Write the alternative text: how far the subgroups shrink, what the effect does, and what limits the smallest."""
    effect = peeling.scale.effect
    alt: list[str | Number] = [
        "Trajectory of directed peeling",
        *words.subject(peeling.outcome_label, peeling.unit, peeling.follow_up_label),
        ": ",
        *words.plural(peeling.found, "subgroup", "subgroups"),
        ". All participants (",
        peeling.n,
        f"): {effect} ",
        peeling.overall.effect,
        *words.interval(peeling.overall.low, peeling.overall.high),
    ]
    last = peeling.smallest
    if last is not None:
        alt += [". Smallest subgroup (", *words.plural(last.n, "participant", "participants"), f"): {effect} "]
        alt += [last.inside.effect, *words.interval(last.inside.low, last.inside.high), *after(last.honesty)]
        alt += _limits_in_words(peeling, last)
    if peeling.honesty is not None:
        alt += [". ", *verdict_sentence(peeling)]
        return tuple(alt)
    return (*alt, ".")


def _limits_in_words(peeling: PeeledOutcome, box: PeeledBox) -> Iterator[str | Number]:
    """Yield the words of "; limits: Age ≥ 50 years, Pain ≥ 4"; nothing where nobody is excluded."""
    before = "; limits: "
    for moderator, limit in zip(peeling.moderators, box.limits, strict=True):
        if limit.value is not None or limit.kind == "quotation":
            yield from (before, moderator.label, f" {moderator.side}{NO_BREAK}", limit)
            if moderator.unit.text and limit.value is not None:
                yield from ("" if moderator.unit.text.startswith("%") else NO_BREAK, moderator.unit)
            before = ", "
