"""What random draws leave of an effect, as rows of a forest: corrected for the search, and in trials held out.

In: a subgroup, or a search, with what its draws say. Out: rows that stand below the effect as it was found, and the words that
explain them. Without draws there are none, and a figure stays what it was.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from reportgen.figures import words
from reportgen.figures.forest import interval_cell, value_of
from reportgen.figures.panel import Panel
from reportgen.figures.rows import Cell, Row, Slot
from reportgen.figures.sheet import Mark
from reportgen.figures.theme import BODY, INK, MUTED
from reportgen.records.honesty import Searched, SubgroupHonesty, verdict_in_brief, verdict_sentence
from reportgen.records.numbers import Inline, Number

CANDIDATE = "candidate, not supported"  # of a subgroup that p of the search does not support
CORRECTED = "corrected for the search"
P_OF_SEARCH = "p of the search"
HELD_OUT = "in trials held out"
IN_BRIEF = "Each search in draws without any effect modification, and the contrast of both sides in trials held out"
DIAMOND, CIRCLE = 4, 24  # corners


def doubt(supported: bool) -> Inline:
    """Return what stands behind a subgroup that draws do not support, in an alternative text."""
    return () if supported else (f" ({CANDIDATE})",)


def p_of(honesty: SubgroupHonesty | None) -> Cell:
    """Return the cell of the p of the search."""
    return () if honesty is None else (Slot(honesty.p_search),)


def corrected_row(honesty: SubgroupHonesty | None, *, variant: bool = False, **more: Any) -> Iterator[Row]:
    """Yield what the search leaves of the row above: p of the search, and the effect corrected for it where that is known.

    A subgroup that draws do not support is called a candidate in words, a variant a variant.

    Parameters
    ----------
    honesty : SubgroupHonesty or None
    variant : bool
    **more
        Of the row: where it stands.
    """
    if honesty is None:
        return
    doubtful, item = honesty.verdict == CANDIDATE, honesty.inside
    p, before = p_of(honesty), "variant; " if variant else ""
    if item is None or not _known(item.effect):
        label = before + (CANDIDATE if doubtful else P_OF_SEARCH)
        yield Row((label,), results=((), p), style=BODY.muted(), stays=True, **more)
        return
    label = before + (f"{CANDIDATE}; {CORRECTED}" if doubtful else CORRECTED)
    estimate = item.effect, item.low, item.high
    yield _row((label,), (), estimate, p, MUTED if doubtful else INK, DIAMOND, stays=True, **more)


def held_out_row(search: Searched, name: str, **more: Any) -> Iterator[Row]:
    """Yield what the trials held out show, once for a search that found something; a reason where they show nothing."""
    held = None if search.honesty is None else search.honesty.held_out
    if held is None or not search.candidates:
        return
    estimate = held.inside
    if not _known(estimate.effect):
        reason = words.reason(estimate.effect.status, held.reason, name, f"{estimate.effect.id} reason")
        yield Row((HELD_OUT,), style=BODY.muted(), reason=reason, **more)
        return
    counts: tuple[Cell, ...] = ((Slot(held.trials),), ())
    yield _row((HELD_OUT,), counts, (estimate.effect, estimate.low, estimate.high), (), MUTED, CIRCLE, **more)


def _known(effect: Number) -> bool:
    return math.isfinite(value_of(effect))


def _row(
    label: Inline,
    counts: tuple[Cell, ...],
    estimate: tuple[Number, Number, Number],
    p: Cell,
    colour: str,
    corners: int,
    **more: Any,
) -> Row:
    plot = _sign(estimate, colour, corners)
    cells = (interval_cell(*estimate), p)
    return Row(label, counts, cells, plot=plot, style=BODY.muted(), estimate=estimate, **more)


def _sign(estimate: tuple[Number, Number, Number], colour: str, corners: int) -> Callable[[Panel, float], list[Mark]]:
    effect, low, high = (value_of(number) for number in estimate)

    def plot(panel: Panel, y: float) -> list[Mark]:
        return panel.sign(low, effect, high, y, colour, corners)

    return plot


def verdicts(searches: Sequence[Searched]) -> Inline:
    """Return the verdict on a search in a sentence, on several in brief under their titles; nothing without draws."""
    if len(searches) == 1:
        sentence = verdict_sentence(searches[0])
        return (*sentence, " ") if sentence else ()
    found = [(search, brief) for search in searches if (brief := verdict_in_brief(search))]
    lines = [(item.outcome_label, ", ", item.follow_up_label, ": ", *brief) for item, brief in found]
    return (f"{IN_BRIEF}: ", *words.listed(lines), ". ") if lines else ()


def of_draws(searches: Sequence[Searched]) -> Inline:
    """Return the verdict on each search and what its rows after draws are; nothing without draws."""
    parts = [*verdicts(searches)]
    found = [candidate for search in searches for candidate in search.candidates]
    if any(item.honesty is not None and item.honesty.inside is not None for item in found):
        parts += [
            "Open diamond: the effect after correction for the search (bootstrap), with an approximate interval. "
        ]
    if any(_held_out_known(search) for search in searches):
        parts += [
            "Circle: the effect of the first subgroup chosen in the other trials, evaluated in the trial held out, pooled. "
        ]
    if any(not item.supported for item in found):
        parts += ["Grey and labelled candidate: a subgroup not supported by p of the search. "]
    return tuple(parts)


def _held_out_known(search: Searched) -> bool:
    held = None if search.honesty is None else search.honesty.held_out
    return held is not None and bool(search.candidates) and _known(held.inside.effect)


def after(honesty: SubgroupHonesty | None) -> Inline:
    """Return ", corrected 1.2 (0.3 to 2.1)" for an alternative text, and what trials held out show; nothing without draws."""
    if honesty is None:
        return ()
    corrected, held = honesty.inside, honesty.held_out
    parts: list[str | Number] = []
    if corrected is not None and _known(corrected.effect):
        parts += [", corrected ", corrected.effect, " (", corrected.low, " to ", corrected.high, ")"]
    if held is not None and _known(held.inside.effect):
        parts += [", in trials held out ", held.inside.effect, " (", held.inside.low, " to ", held.inside.high, ")"]
    return tuple(parts)
