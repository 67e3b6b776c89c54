"""One simulated meta-analysis, as arrays.

In: a cell of the grid, a seed and the number of a data set. Out: people of several trials, with an outcome, and who of them
really gains more. What a data set holds depends on these three alone.
Model: y_ij = a_i + sum_k (b_k + B_ik) z_ijk + t_ij [theta + u_i + sum_k G_ik z_ijk + gain S_ij] + s_ij e_ij with standardised
moderators z, a_i ~ N(0, 1), B ~ N(0, slope_scatter^2), u ~ N(0, tau^2), G ~ N(0, interaction_scatter^2), e ~ N(0, 1), and
s_ij = factor^z in the control arm, times `intervention` in the other; S says who is in the planted subgroup.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from reportgen.spec.evaluation import Cell, Limit, Moderator, limit_of
from reportgen.stats.crossproducts import FloatArray, IntArray
from reportgen.stats.ranks import BoolArray
from reportgen.stats.sample import Sample, make_sample


@dataclass(frozen=True, slots=True, eq=False)
class DataSet:
    """A simulated meta-analysis and the truth about it.

    Attributes
    ----------
    sample : Sample
    member : ndarray (n,) of bool
        Who is in the planted subgroup; nobody without one.
    effect, gain : float
        Effect of treatment outside of it, on average over trials, and how much larger it is inside.
    seed : int
        Of the draws that a search makes of it.
    """

    sample: Sample
    member: BoolArray
    effect: float
    gain: float
    seed: int

    def inside(self, who: BoolArray) -> float:
        """Return the mean effect of treatment among some people; NaN for nobody."""
        return self.effect + self.gain * float(self.member[who].mean()) if who.any() else float("nan")


def data_set(cell: Cell, seed: int, number: int) -> DataSet:
    """Simulate a meta-analysis.

    Parameters
    ----------
    cell : Cell
    seed : int
        Of the evaluation.
    number : int
        Of the data set, from 0.

    Returns
    -------
    DataSet
        Its sample is sorted by trial and participant.

    Examples
    --------
    >>> from reportgen.spec.evaluation import Moderator, Residual, Trials
    >>> age = Moderator(range=(0, 99))
    >>> cell = Cell(Trials(number=3, people=(40,)), {"age": age}, 0.4, 0.0, 0.0, 0.0, Residual(), {"age": "up to 49"}, 0.5)
    >>> made = data_set(cell, seed=1, number=0)
    >>> len(made.sample.outcome), bool((made.member == (made.sample.moderators["age"] <= 49)).all())
    (120, True)
    """
    cell = replace(
        cell, moderators=dict(sorted(cell.moderators.items()))
    )  # their order in the file is of no consequence
    sequence = np.random.SeedSequence([seed, cell.key, number])
    people, draws = sequence.spawn(2)
    sample = _sample(cell, np.random.default_rng(people))
    member = members(cell.where, sample.moderators)
    return DataSet(sample, member, cell.effect, cell.gain, int(draws.generate_state(1, np.uint32)[0]))


def _sample(cell: Cell, rng: np.random.Generator) -> Sample:
    sizes = np.array(cell.trials.sizes)
    trial = np.repeat(np.arange(len(sizes)), sizes)
    treatment = np.concatenate([_arms(*one) for one in zip(cell.trials.sizes, cell.trials.allocations, strict=True)])
    values = {name: _values(one, len(trial), rng) for name, one in cell.moderators.items()}
    scores = np.column_stack([_standardised(one, values[name]) for name, one in cell.moderators.items()])
    outcome = _expected(cell, trial, treatment, scores, members(cell.where, values), rng)
    outcome += _spread(cell, treatment, scores) * rng.normal(size=len(trial))
    adjusters = [values[name] for name, one in cell.moderators.items() if one.adjusted]
    return make_sample(
        outcome,
        treatment,
        trial,
        values,
        np.arange(len(trial)),
        adjusters=np.column_stack(adjusters) if adjusters else None,
    )


def _arms(people: int, share: float) -> FloatArray:
    """Treatment in a trial: as many as the share says, and somebody in each arm."""
    treated = min(max(round(people * share), 1), people - 1)
    return (np.arange(people) < treated).astype(float)


def _values(moderator: Moderator, people: int, rng: np.random.Generator) -> FloatArray:
    if moderator.range is not None:
        return rng.integers(moderator.range[0], moderator.range[1], people, endpoint=True).astype(float)
    if moderator.share is not None:
        return (rng.random(people) < moderator.share).astype(float)
    return np.asarray(rng.normal(*_moments(moderator), people))


def _moments(moderator: Moderator) -> tuple[float, float]:
    """Mean and standard deviation of its distribution, not of those who were drawn."""
    if moderator.range is not None:
        low, high = moderator.range
        return (low + high) / 2, float(np.sqrt(((high - low + 1) ** 2 - 1) / 12))
    if moderator.share is not None:
        return moderator.share, float(np.sqrt(moderator.share * (1 - moderator.share)))
    assert moderator.mean is not None
    return moderator.mean, moderator.sd or 1.0


def _standardised(moderator: Moderator, values: FloatArray) -> FloatArray:
    mean, sd = _moments(moderator)
    return (values - mean) / sd


def _expected(
    cell: Cell,
    trial: IntArray,
    treatment: FloatArray,
    scores: FloatArray,
    member: BoolArray,
    rng: np.random.Generator,
) -> FloatArray:
    """Outcome without what is left to chance within a trial."""
    trials, moderators = len(cell.trials.sizes), scores.shape[1]
    level, shift = rng.normal(size=trials), cell.tau * rng.normal(size=trials)
    slopes = np.array([one.slope for one in cell.moderators.values()])
    slope = slopes + cell.slope_scatter * rng.normal(size=(trials, moderators))
    interaction = cell.interaction_scatter * rng.normal(size=(trials, moderators))
    effect = cell.effect + shift[trial] + (interaction[trial] * scores).sum(axis=1) + cell.gain * member
    return np.asarray(level[trial] + (slope[trial] * scores).sum(axis=1) + treatment * effect)


def _spread(cell: Cell, treatment: FloatArray, scores: FloatArray) -> FloatArray:
    """Residual standard deviation of each person."""
    spread = np.where(treatment == 1.0, cell.residual.intervention, 1.0)
    if cell.residual.moderator is not None:
        spread = spread * cell.residual.factor ** scores[:, list(cell.moderators).index(cell.residual.moderator)]
    return np.asarray(spread)


def members(where: Mapping[str, str], values: Mapping[str, Any]) -> BoolArray:
    """Return who fulfils all conditions; nobody where there are none.

    Examples
    --------
    >>> members({"age": "above 49"}, {"age": np.array([40.0, 49.0, 60.0])}).tolist()
    [False, False, True]
    """
    people = len(next(iter(values.values())))
    inside = np.full(people, bool(where))
    for name, text in where.items():
        inside &= _within(limit(text), np.asarray(values[name]))
    return inside


def limit(text: str) -> Limit:
    """Return a condition that the file has been checked for."""
    found = limit_of(text)
    assert found is not None
    return found


def _within(one: Limit, values: FloatArray) -> BoolArray:
    if one.side == "low":
        return np.asarray(values < one.value if one.open else values <= one.value)
    return np.asarray(values > one.value if one.open else values >= one.value)
