"""Other data with the same printed digits: the audit of whether a suppressed trial can be worked out from what is disclosed beside it.

In: the people of a pooled effect, which trials are suppressed, and how their effect becomes a record. Out: whether a release is
safe. An attacker who knows all else exactly has an equation for each number that is disclosed (pooled effect, interval, tau2, Q,
weights, ...) and two unknowns for each suppressed trial, its effect and standard error; printed digits make of an equation an
interval. As in the audit of suppressed cells (Hundepool et al. 2012, Statistical Disclosure Control, chapter 4: feasibility
interval, p% rule) a release is safe if it leaves enough possible. That is shown by example, not by counting: there must be
other data, of which every released digit is the same, in which the suppressed effect is one of its standard errors smaller and
larger, and others in which its standard error is a tenth smaller and a tenth larger. So close, one could guess it anyway.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from reportgen.analyses.selection import Selection, adjusters_of
from reportgen.records.numbers import Number
from reportgen.release.suppressed_effects import digits_of
from reportgen.stats import per_trial

FloatArray = NDArray[np.float64]
Numbers = Mapping[str, Number]
NumbersOf = Callable[[Selection], Numbers]

REACH = 1.0  # standard errors: how closely an effect must not be known
P_PERCENT = 10.0  # of the p% rule: how closely a standard error must not be known
INSIDE = 0.9  # of the half-width of a printed digit: what rounds to it for certain
MOST_STEPS = 20
STARTS = (0.0, 1.0)  # of the logarithm of a factor of the standard errors
NEAR = 1e-2  # the least sum of squares that is worth a look at all numbers
FARTHEST = 60.0  # standard errors that the other suppressed effects may move
LARGEST_FACTOR = 8.0  # and the factor of their standard errors
STEP = 1e-2


@dataclass(frozen=True, slots=True)
class SuppressedTrial:
    """A trial whose effect and standard error are unknowns: its people, what fits them, and what that leaves."""

    trial: str
    people: NDArray[np.int64]
    treated: FloatArray
    fitted: FloatArray
    residual: FloatArray
    std_error: float

    def moved(self, shift: float, stretch: float) -> FloatArray:
        """Return outcomes with the effect `shift` standard errors larger, and the standard error exp(`stretch`) times it."""
        return self.fitted + shift * self.std_error * self.treated + math.exp(stretch) * self.residual

    @property
    def varies(self) -> bool:
        """Whether there is anything that a standard error can be of."""
        return bool(np.abs(self.residual).max(initial=0.0) > 1e-9 * max(1.0, np.abs(self.fitted).max(initial=0.0)))


def suppressed_trial(selection: Selection, name: str) -> SuppressedTrial:
    """Return a trial of a selection, taken apart into what analysis of covariance fits and what it leaves."""
    mine = np.flatnonzero(selection.trial == name)
    response, treated = selection.response[mine], selection.treatment[mine].astype(float)
    adjusters = adjusters_of(selection)
    adjusters = None if adjusters is None else adjusters[mine]
    columns = np.column_stack([np.ones(len(mine)), treated, *([] if adjusters is None else [adjusters])])
    fitted = columns @ np.linalg.lstsq(columns, response, rcond=None)[0]
    found = per_trial(response, treated, selection.trial[mine], adjusters=adjusters)
    std_error = float(found.std_error[0])
    if not std_error > 0:
        std_error = _typical_error(selection, treated)
    return SuppressedTrial(name, mine, treated, fitted, response - fitted, std_error)


def _typical_error(selection: Selection, treated: FloatArray) -> float:
    """Return the standard error of a trial that has none of its own, from the spread of all outcomes."""
    arms = max(treated.sum(), 1.0), max((1 - treated).sum(), 1.0)
    return float(np.std(selection.response) * math.sqrt(1 / arms[0] + 1 / arms[1])) or 1.0


def is_safe(
    released: Numbers,
    quick: NumbersOf,
    full: NumbersOf,
    selection: Selection,
    suppressed: Sequence[str],
    guarded: Sequence[str],
) -> bool:
    """Whether what is disclosed leaves enough possible for the effect and the standard error of each guarded trial.

    Parameters
    ----------
    released : mapping of str to Number
        By id, what is disclosed and has a value.
    quick, full : callable
        Make numbers from other outcomes of the same people: some that are quick to make, which lead the search, and all,
        which decide.
    selection : Selection
    suppressed, guarded : sequence of str
        Trials that are not disclosed, and those of them that must not be worked out: the others are suppressed for their sake.
    """
    trials = [suppressed_trial(selection, name) for name in suppressed]
    search = _Search(released, quick, full, selection, trials)
    return all(search.reaches(place, value) for place, value in _targets(trials, guarded))


def _targets(trials: Sequence[SuppressedTrial], guarded: Sequence[str]) -> Iterator[tuple[int, float]]:
    """Yield the place of an unknown, and the value that it must be able to take."""
    stretch = math.log1p(P_PERCENT / 100)
    for i, trial in enumerate(trials):
        if trial.trial in guarded:
            yield from ((2 * i, sign * REACH) for sign in (-1, 1))
            if trial.varies:
                yield from ((2 * i + 1, sign * stretch) for sign in (-1, 1))


@dataclass(frozen=True, slots=True)
class _Search:
    """Looks for outcomes that look the same; the unknowns are shift and stretch of each suppressed trial, in turn."""

    released: Numbers
    quick: NumbersOf
    full: NumbersOf
    selection: Selection
    trials: Sequence[SuppressedTrial]

    def reaches(self, place: int, value: float) -> bool:
        """Whether one unknown can have a value without a released digit being another."""
        others = np.array([i for i in range(2 * len(self.trials)) if i != place])

        def unknowns(free: FloatArray) -> FloatArray:
            full = np.empty(2 * len(self.trials))
            full[place], full[others] = value, free - 1
            return full

        return any(
            self.looks_the_same(unknowns(found))
            for start in STARTS
            if (found := self.nearest(unknowns, np.where(others % 2 == 0, 0.0, start), others)) is not None
        )

    def nearest(
        self, unknowns: Callable[[FloatArray], FloatArray], start: FloatArray, others: NDArray[np.int64]
    ) -> FloatArray | None:
        """Return where the quick numbers come nearest to their digits; None where they do not come near."""
        from scipy.optimize import least_squares  # takes a while to import, and most effects suppress no trial

        far = np.where(others % 2 == 0, FARTHEST, math.log(LARGEST_FACTOR))
        # moved by one, so that a step is relative to it
        found = least_squares(
            lambda free: self.misfit(unknowns(free)),
            1 + start,
            bounds=(1 - far, 1 + far),
            diff_step=STEP,
            x_scale=np.where(others % 2 == 0, 1.0, 0.3),
            max_nfev=MOST_STEPS,
        )
        return found.x if found.cost < NEAR else None

    def world(self, unknowns: FloatArray) -> Selection:
        """Return the people with other outcomes."""
        response = self.selection.response.copy()
        for trial, (shift, stretch) in zip(self.trials, unknowns.reshape(-1, 2), strict=True):
            response[trial.people] = trial.moved(shift, stretch)
        return replace(self.selection, response=response)

    def misfit(self, unknowns: FloatArray) -> FloatArray:
        """Return by how many half-widths each quick number misses its printed digits; 0 for those that keep them."""
        numbers = self.quick(self.world(unknowns))
        return np.array([_missed(numbers[id_], self.released[id_]) for id_ in numbers if id_ in self.released])

    def looks_the_same(self, unknowns: FloatArray) -> bool:
        """Whether every released number has the same digits."""
        numbers = self.full(self.world(unknowns))
        return all(
            id_ in numbers and numbers[id_].value is not None and numbers[id_].text == number.text
            for id_, number in self.released.items()
        )


def _missed(other: Number, number: Number) -> float:
    low, high = digits_of(number.text)
    middle, half = (low + high) / 2, (high - low) / 2
    if other.value is None or not math.isfinite(other.value):
        return 1e3
    return max(0.0, abs(other.value - middle) / half - INSIDE)
