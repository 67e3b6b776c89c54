"""A moderator as ranks among its values, and the rules that its splits make.

In: numbers with NaN, or levels with codes, and the people at the root of a search. Out: for each of them the rank of
their value among those that occur, and from a split at a rank the rule for each of its sides, in values and names.
Method: ranks are whole numbers without gaps, so that a node counts who has which value without sorting anybody anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .crossproducts import FloatArray, IntArray
from .levels import Levels
from .subgroups import Moderator, Rule

NUMERIC, ORDERED, NOMINAL = "numeric", "ordered", "nominal"
MAX_LEVELS = 10  # of a nominal moderator: 511 ways to part them, and twice as many with each further level
MAX_NAMES = 62  # a set of levels is kept as the bits of a whole number
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Ranked:
    """A moderator as ranks: the rank of each participant among the values that occur, -1 where it is missing."""

    name: str
    kind: str
    ranks: IntArray
    values: FloatArray  # value of each rank; the code, of a level
    levels: tuple[str, ...]


def rank(name: str, values: Moderator, rows: IntArray) -> Ranked:
    """Ranks among the values that occur at the root."""
    ranks = np.full(len(rows), -1, np.int64)
    occur: Any
    if isinstance(values, Levels):
        codes = values.codes[rows]
        occur, ranks[codes >= 0] = np.unique(codes[codes >= 0], return_inverse=True)
        kind = ORDERED if values.ordered else NOMINAL
        return Ranked(name, kind, ranks, np.asarray(occur, float), values.levels)
    numbers = np.asarray(values, float)[rows]
    has = ~np.isnan(numbers)
    occur, ranks[has] = np.unique(numbers[has], return_inverse=True)
    return Ranked(name, NUMERIC, ranks, occur, ())


def on_low_side(ranks: IntArray, kind: str, cut: int) -> BoolArray:
    """Whether ranks, none of them missing, stand on the low side of a cut."""
    return np.asarray((np.right_shift(cut, ranks) & 1) == 1 if kind == NOMINAL else ranks <= cut)


def rule_of(moderator: Ranked, present: IntArray, cut: int, low: bool) -> Rule:
    """Rule of one side of a split at `cut`, where the ranks `present` occur."""
    if moderator.kind == NOMINAL:
        side = present[on_low_side(present, NOMINAL, cut) == low]
        return Rule(moderator.name, "in", np.nan, tuple(moderator.levels[int(moderator.values[k])] for k in side))
    names: tuple[str, ...] = ()
    if moderator.kind == ORDERED:
        # levels between the cut and the next value that occurs stand with the low side: "at most this level"
        codes = np.arange(len(moderator.levels))
        names = tuple(moderator.levels[k] for k in codes[(codes <= moderator.values[cut]) == low])
    return Rule(moderator.name, "<=" if low else ">", float(moderator.values[cut]), names)


def cut_columns(moderator: Ranked, cuts: IntArray) -> tuple[FloatArray, IntArray]:
    """Cuts as values, sets of ranks as sets of codes; NaN and -1 for what a moderator of this kind has not."""
    if moderator.kind != NOMINAL:
        return moderator.values[cuts], np.full(len(cuts), -1, np.int64)
    codes = moderator.values.astype(np.int64)
    bits = (cuts[:, None] >> np.arange(len(codes))) & 1
    return np.full(len(cuts), np.nan), np.asarray((bits << codes).sum(axis=1))


def those(rows: IntArray, moderator: Ranked, rule: Rule) -> IntArray:
    """Which of some people at the root fulfil a rule on a moderator; nobody whose value is missing does."""
    if moderator.kind == NOMINAL:
        fulfils = np.array([moderator.levels[int(code)] in rule.levels for code in moderator.values])
    else:
        fulfils = moderator.values <= rule.value if rule.kind == "<=" else moderator.values > rule.value
    of_rank = np.append(fulfils, False)  # rank -1 is the last place
    return np.asarray(rows[of_rank[moderator.ranks[rows]]])


def wrong_moderator(name: str, values: Moderator, n: int) -> list[str]:
    """What is wrong with a moderator of n participants, in words."""
    if isinstance(values, Levels):
        present = len(values.present)
        if len(values.codes) != n:
            return [f"moderator {name!r} has {len(values.codes)} rows, the outcome has {n}"]
        if len(values.levels) > MAX_NAMES:
            return [
                f"moderator {name!r} has {len(values.levels)} levels, at most {MAX_NAMES} are possible; join rare ones"
            ]
        if not values.ordered and present > MAX_LEVELS:
            return [
                f"moderator {name!r} has {present} unordered levels, at most {MAX_LEVELS} can be parted in all ways;"
                " join rare levels, or state their order"
            ]
        return []
    try:
        numbers = np.asarray(values, float)
    except (TypeError, ValueError):
        return [f"moderator {name!r} is no array of numbers; give categories as Levels(codes, levels, ordered)"]
    if numbers.shape != (n,):
        return [f"moderator {name!r} has shape {numbers.shape}, the outcome has {n} rows; give one value for each"]
    if np.isinf(numbers).any():
        row = int(np.flatnonzero(np.isinf(numbers))[0])
        return [f"moderator {name!r} is infinite in row {row}; replace it by a number, or by NaN if it is missing"]
    return []
