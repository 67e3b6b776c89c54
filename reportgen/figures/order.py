"""The order of the rows of a forest, where the study file asks for another than its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal, Protocol, TypeVar

from reportgen.records.estimate import Estimate
from reportgen.records.numbers import Number

TrialOrder = Literal["study", "effect", "weight", "n", "name"]
RowOrder = Literal["study", "effect", "p"]


class Trial(Protocol):
    """A row of a trial."""

    @property
    def trial(self) -> Number:
        """Its name."""

    @property
    def n_control(self) -> Number:
        """Participants."""

    @property
    def n_intervention(self) -> Number:
        """Participants."""

    @property
    def estimate(self) -> Estimate:
        """Its effect."""

    @property
    def weight(self) -> Number:
        """In the two-stage model."""


ItemT = TypeVar("ItemT")
TrialT = TypeVar("TrialT", bound=Trial)


def in_order(items: Iterable[ItemT], key: Callable[[ItemT], Any]) -> tuple[ItemT, ...]:
    """Return items by a key; those whose key is None come last, as they were.

    Examples
    --------
    >>> in_order([2, None, 3, 1], lambda item: item)
    (1, 2, 3, None)
    """
    found = list(items)
    known = sorted((item for item in found if key(item) is not None), key=key)
    return (*known, *(item for item in found if key(item) is None))


def trials_in_order(trials: Sequence[TrialT], order: TrialOrder) -> tuple[TrialT, ...]:
    """Return trials in an order: the largest effect, weight or number of participants first, or by name."""
    keys: dict[TrialOrder, Callable[[TrialT], Any]] = {
        "effect": lambda trial: negative(trial.estimate.effect.value),
        "weight": lambda trial: negative(trial.weight.value),
        "n": _participants,
        "name": lambda trial: trial.trial.text.casefold(),
    }
    return tuple(trials) if order == "study" else in_order(trials, keys[order])


def negative(value: float | None) -> float | None:
    """Return what sorts the largest value first."""
    return None if value is None else -value


def _participants(trial: Trial) -> float | None:
    control, intervention = trial.n_control.value, trial.n_intervention.value
    return None if control is None or intervention is None else -(control + intervention)
