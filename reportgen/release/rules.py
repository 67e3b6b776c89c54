"""Which groups of people may be disclosed beside each other, and how exactly a value of a person may be disclosed.

In: who is in each group, their arms, and the policy's `minimum_cell`. Out: which groups are disclosed. Two groups that few
people tell apart show those few: the difference of their counts and effects is theirs alone (differencing, Hundepool et
al. 2012, Statistical Disclosure Control, chapter 5). So groups are disclosed only as long as they differ by at least
`minimum_cell` people in each arm from every group disclosed before. A cut or a limit is somebody's own value: it is disclosed with the
digits that are printed, no more.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields, is_dataclass, replace
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reportgen.records.estimate import Estimate
from reportgen.records.numbers import DASH, MINUS, Value, fixed

BoolArray = NDArray[np.bool_]
NOBODY_SMALL = 1  # a policy up to here calls no count small


class SuppressionReason(StrEnum):
    """Why something that is known is not disclosed, or not disclosed exactly; the value is what a page says of it."""

    TOO_FEW = "based on fewer participants of an arm than the study's policy allows to be printed"
    TOO_CLOSE = (
        "differs from a printed group by fewer participants of an arm than the study's policy allows to be printed"
    )
    TOO_EXTREME = "fewer participants lie beyond it than the study's policy allows to be printed"
    FOR_ANOTHER = "suppressed, as a trial that is too small to print could be derived from it"
    ELSEWHERE = "suppressed, as another analysis of this report discloses events of nearly the same participants"
    LEVEL_WORKED_OUT = "a level that is too small to print could be worked out from it"
    WORKED_OUT = "the effect of a trial that is not printed could be derived from it"
    PRINTED_DIGITS = "printed digits only, so that the effect of a trial that is not printed cannot be derived"


TOO_FEW, TOO_CLOSE, TOO_EXTREME = SuppressionReason.TOO_FEW, SuppressionReason.TOO_CLOSE, SuppressionReason.TOO_EXTREME
FOR_ANOTHER, WORKED_OUT, PRINTED_DIGITS = (
    SuppressionReason.FOR_ANOTHER,
    SuppressionReason.WORKED_OUT,
    SuppressionReason.PRINTED_DIGITS,
)
LEVEL_WORKED_OUT = SuppressionReason.LEVEL_WORKED_OUT
ELSEWHERE = SuppressionReason.ELSEWHERE


def guards(minimum: int) -> bool:
    """Whether a policy calls any count too small to be disclosed."""
    return minimum > NOBODY_SMALL


def few_of(arms: tuple[int, int], minimum: int) -> bool:
    """Whether people are so few in an arm that an effect among them would show them; no people at all show nobody.

    Examples
    --------
    >>> few_of((3, 40), 5), few_of((0, 0), 5), few_of((3, 40), 0)
    (True, False, False)
    """
    return guards(minimum) and sum(arms) > 0 and min(arms) < minimum


def few_in_an_arm(treatment: NDArray[np.int64], minimum: int) -> bool:
    """Whether people are so few in an arm that an effect among them would show them; no people at all show nobody.

    Examples
    --------
    >>> few_in_an_arm(np.array([1, 1, 1, 0]), 2), few_in_an_arm(np.array([], dtype=int), 2)
    (True, False)
    """
    control, intervention = np.bincount(treatment, minlength=2).tolist()
    return few_of((control, intervention), minimum)


def in_both_arms(trial: NDArray[np.object_], treatment: NDArray[np.int64], mask: BoolArray) -> BoolArray:
    """Return who of some people stands in a trial that has both arms among them: nobody else enters a model.

    Examples
    --------
    >>> trial, everybody = np.array(["a", "a", "b"], dtype=object), np.ones(3, dtype=bool)
    >>> in_both_arms(trial, np.array([0, 1, 1]), everybody).tolist()
    [True, True, False]
    """
    control, intervention = ({*trial[mask & (treatment == arm)].tolist()} for arm in (0, 1))
    return np.array([name in control and name in intervention for name in trial], dtype=bool) & mask


def disclosable_groups(
    groups: BoolArray, treatment: NDArray[np.int64], minimum: int, first: Sequence[int] = (), *, parted: bool = False
) -> BoolArray:
    """Return which groups are disclosed: those that differ enough from all that are disclosed before them.

    Parameters
    ----------
    groups : ndarray of bool, shape (groups, n)
        Who is in each.
    treatment : ndarray of int, shape (n,)
        The arm of everybody, 0 or 1.
    minimum : int
        By how many people in each arm two groups must differ; 0 and 1 tell all.
    first : sequence of int
        Places of the groups that are disclosed whatever they differ by, because they are printed.
    parted : bool
        Whether a group stands for the division of all people into it and the rest, so that it says the same as the rest.

    Returns
    -------
    ndarray of bool, shape (groups,)

    Examples
    --------
    >>> age, arm = np.arange(12), np.arange(12) % 2
    >>> disclosable_groups(age <= np.array([[2], [3], [4], [7]]), arm, 2, first=[1]).tolist()
    [False, True, False, True]
    """
    disclosed = np.ones(len(groups), dtype=bool)
    if not guards(minimum):
        return disclosed
    close = _close(groups, treatment, minimum, parted)
    disclosed[:] = False
    disclosed[list(first)] = True
    for place in range(len(groups)):
        disclosed[place] |= not (disclosed & close[place]).any()
    return disclosed


def _close(groups: BoolArray, treatment: NDArray[np.int64], minimum: int, parted: bool) -> BoolArray:
    """Return which pairs of groups differ by too few people in an arm; the same people twice tell nothing of anybody."""
    close = np.zeros((len(groups), len(groups)), dtype=bool)
    same, reverse = ~close, np.full_like(close, parted)
    for arm in (0, 1):
        members = groups[:, treatment == arm].astype(float)
        size = members.sum(axis=1)
        apart = size[:, None] + size[None, :] - 2 * members @ members.T
        close |= apart < minimum
        same &= apart == 0
        if parted:
            close |= members.shape[1] - apart < minimum
            reverse &= apart == members.shape[1]
    return close & ~same & ~reverse


def as_printed(value: float, decimals: int, minimum: int) -> float:
    """Return a person's own value with the digits that are printed, where the policy guards anybody.

    Examples
    --------
    >>> as_printed(54.16666, 1, 5), as_printed(54.16666, 1, 0)
    (54.2, 54.16666)
    """
    return float(fixed(value, decimals).replace(MINUS, "-")) if guards(minimum) else value


def suppress_value(number: Value, reason: str) -> Value:
    """Return a number that is known and not disclosed: neither the value nor whether it is clear of zero leaves a trace. What is not known stays so.

    Examples
    --------
    >>> suppress_value(Value("a.effect", 1.25, n=3), "too few people").words
    '–'
    """
    if number.value is None:
        return number
    return replace(number, value=None, words=DASH, clear=(), n=None, status="suppressed", reason=reason)


def each_number(record: Any, change: Callable[[Value], Value]) -> Any:
    """Return a record with every number changed, whatever the depth.

    Examples
    --------
    >>> [number.words for number in each_number((Value("a.effect", 1.25),), lambda n: suppress_value(n, "few"))]
    ['–']
    """
    if isinstance(record, Value):
        return change(record)
    if isinstance(record, tuple):
        return tuple(each_number(part, change) for part in record)
    if is_dataclass(record) and not isinstance(record, type):
        return replace(record, **{f.name: each_number(getattr(record, f.name), change) for f in fields(record)})
    return record


def suppress_estimate(estimate: Estimate[Value], reason: str) -> Estimate[Value]:
    """Return an effect that is known and not disclosed; one that is not known stays what it is."""
    if estimate.effect.value is None:
        return estimate
    return Estimate(*(suppress_value(getattr(estimate, field.name), reason) for field in fields(Estimate)))


def is_extreme(percentile: float, n: int, minimum: int) -> bool:
    """Whether a percentile lies so far out that few people lie beyond it, as the smallest and the largest value do.

    Examples
    --------
    >>> is_extreme(0, 1000, 5), is_extreme(10, 40, 5), is_extreme(10, 60, 5), is_extreme(0, 1000, 0)
    (True, True, False, False)
    """
    return guards(minimum) and min(percentile, 100 - percentile) / 100 * n < minimum


def released_arms(arms: tuple[Value, Value], minimum: int, reason: str = TOO_FEW) -> tuple[Value, Value]:
    """Return how many people are in either arm; neither where one is too small, for their sum is disclosed.

    Examples
    --------
    >>> arms = released_arms((Value("a.n-control", 3), Value("a.n-intervention", 40)), 5)
    >>> [number.words for number in arms]
    ['<5', '–']
    """
    small = [0 < (number.value or 0) < minimum for number in arms]
    if not any(small):
        return arms
    return suppressed_arms(arms, minimum, reason)


def released_sides(
    sides: tuple[Value, Value, Value], minimum: int, reason: str = TOO_FEW
) -> tuple[Value, Value, Value]:
    """Return how many people are in either arm and in both; arms as `released_arms` tells them, both unless they are few.

    Examples
    --------
    >>> sides = tuple(Value(f"a.{name}", n) for name, n in (("control", 3), ("intervention", 40), ("all", 43)))
    >>> [number.words or number.value for number in released_sides(sides, 5)]
    ['<5', '–', 43]
    """
    *arms, everybody = sides
    control, intervention = released_arms((arms[0], arms[1]), minimum, reason)
    few = guards(minimum) and 0 < (everybody.value or 0) < minimum
    return control, intervention, _suppressed_count(everybody, minimum, reason) if few else everybody


def suppressed_arms(arms: tuple[Value, Value], minimum: int, reason: str) -> tuple[Value, Value]:
    """Return how many people are in either arm, as counts that are not disclosed."""
    return _suppressed_count(arms[0], minimum, reason), _suppressed_count(arms[1], minimum, reason)


def _suppressed_count(number: Value, minimum: int, reason: str) -> Value:
    return replace(suppress_value(number, reason), words=small_or_dash(number.value or 0, minimum))


def small_or_dash(n: float, minimum: int) -> str:
    """Return what stands in the place of a count: that it is small, or nothing of it.

    Examples
    --------
    >>> small_or_dash(3, 5), small_or_dash(30, 5), small_or_dash(0, 5)
    ('<5', '–', '–')
    """
    return f"<{minimum}" if 0 < n < minimum else DASH
