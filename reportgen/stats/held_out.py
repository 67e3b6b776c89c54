"""Whether what a search finds in some trials holds in one that it has not seen.

In: a pipeline and a sample of at least three trials. Out: for each trial the first candidate of the search among the
others, its effect in the trial left out, and these effects pooled.
Method: the first candidate is the split with the smallest p of the node, kept or not, or the box of a given size; choosing
it only where it was kept would pool a selection. In the trial left out one analysis of covariance gives the effect inside and the
difference; trials with fewer than five people in an arm of either side drop out. Pooling is in two stages, by inverse variance
with the guarded test of Hartung, Knapp, Sidik and Jonkman (two_stage.py). It says how well the procedure does in a trial like
these, not whether the subgroup of the whole data is right.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .effect import NOTHING, Effect
from .event_groups import EventGroupFit, fit_event_group
from .levels import Levels
from .one_step import OneStepFit, fit_one_step
from .optimism import both_rules, nearest
from .pipelines import PartitionPipeline, PeelPipeline
from .ranks import BoolArray
from .sample import Sample
from .subgroups import Rule
from .two_stage import TwoStage, pool_two_stage

FEWEST_TRIALS = 3
FEWEST_PEOPLE = 5  # of each arm on each side of a rule
Chosen = tuple[tuple[Rule, ...], tuple[Rule, ...], bool]


@dataclass(frozen=True, slots=True)
class Fold:
    """One trial left out.

    Attributes
    ----------
    trial : object
        Its label.
    rules : tuple of Rule
        Of the first candidate of the others; empty without one.
    kept : bool
        Whether the search kept it; of a peeling False, which keeps nothing.
    n_inside, n_outside : tuple of int
        People of each arm (control, intervention) in the trial left out.
    inside, difference : Effect
        In the trial left out, in units of the outcome; NaN where it does not enter the pooling.
    reason : str
        Why it does not; empty where it does.
    """

    trial: Any
    rules: tuple[Rule, ...]
    kept: bool
    n_inside: tuple[int, int]
    n_outside: tuple[int, int]
    inside: Effect
    difference: Effect
    reason: str


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Effects in trials that did not choose the subgroup.

    Attributes
    ----------
    folds : tuple of Fold
        One a trial; empty where there are fewer than three.
    inside, difference : TwoStage or None
        Pooled over the folds that have an estimate; None with fewer than two.
    kept : int
        Folds whose search kept its first candidate.
    reason : str
        Why there is nothing pooled; empty otherwise.
    """

    folds: tuple[Fold, ...]
    inside: TwoStage | None
    difference: TwoStage | None
    kept: int
    reason: str


def held_out_partition(pipeline: PartitionPipeline, sample: Sample) -> HeldOut:
    """Leave each trial out of recursive partitioning in turn, screening included.

    Parameters
    ----------
    pipeline : PartitionPipeline
    sample : Sample

    Returns
    -------
    HeldOut
        Inside are the people of the candidate; they are compared with the other side of its last split.

    Examples
    --------
    >>> from reportgen.stats.sample import make_sample
    >>> rng = np.random.default_rng(1)
    >>> trial, treatment, age = np.repeat(["a", "b", "c"], 100), np.tile([0, 1], 150), rng.normal(size=300)
    >>> outcome = 2.0 * treatment * (age < 0.0) + rng.normal(size=300)
    >>> found = held_out_partition(PartitionPipeline({"depth": 1}), make_sample(outcome, treatment, trial, {"age": age}, range(300)))
    >>> found.kept, [fold.rules[0].moderator for fold in found.folds], round(found.difference.estimate, 1)
    (3, ['age', 'age', 'age'], 1.7)
    """

    def choose(others: Sample) -> Chosen | None:
        prepared = pipeline.prepare(others)
        first = prepared.run(prepared.observed).first()
        if first is None:
            return None
        node, split = first
        inside, outside = both_rules(split)
        return (*node.rules, inside), (*node.rules, outside), split.kept

    return _held_out(choose, sample)


def held_out_peel(pipeline: PeelPipeline, sample: Sample, size: float) -> HeldOut:
    """Leave each trial out of directed peeling in turn, screening and directions included.

    Parameters
    ----------
    pipeline : PeelPipeline
    sample : Sample
    size : float
        Share of the people whose box is taken.

    Returns
    -------
    HeldOut
        Inside are the people within all limits; they are compared with all others who have these moderators.
    """

    def choose(others: Sample) -> Chosen | None:
        prepared = pipeline.prepare(others)
        found = prepared.run(prepared.observed).found
        if found is None or found.worth is None or not found.boxes:
            return None
        box = found.boxes[nearest(found.fractions, size)]
        limits = zip(found.directions, found.worth.grid.limits(box.ranks), strict=True)
        rules = [
            _rule(item.moderator, "<=" if item.gains == "small" else ">=", value, others)
            for item, value in limits
            if value is not None
        ]
        return (tuple(rules), (), False) if rules else None

    return _held_out(choose, sample)


def _rule(moderator: str, kind: str, value: float, sample: Sample) -> Rule:
    """A limit as a rule; of levels those that it leaves inside."""
    values = sample.moderators[moderator]
    if not isinstance(values, Levels):
        return Rule(moderator, kind, value)
    inside = tuple(
        name for code, name in enumerate(values.levels) if (code <= value if kind == "<=" else code >= value)
    )
    return Rule(moderator, kind, value, inside)


def _held_out(choose: Callable[[Sample], Chosen | None], sample: Sample) -> HeldOut:
    present = np.unique(sample.trial)
    if len(present) < FEWEST_TRIALS:
        reason = f"{len(present)} trials, and leaving one out needs {FEWEST_TRIALS}"
        return HeldOut((), None, None, 0, reason)
    folds = tuple(_fold(choose, sample, int(k)) for k in present)
    estimated = [fold for fold in folds if not fold.reason]
    kept = sum(fold.kept for fold in folds)
    if len(estimated) < 2:
        return HeldOut(folds, None, None, kept, f"{len(estimated)} of {len(folds)} trials have an estimate")
    inside, difference = _pooled([fold.inside for fold in estimated]), _pooled([fold.difference for fold in estimated])
    return HeldOut(folds, inside, difference, kept, "")


def _pooled(effects: Sequence[Effect]) -> TwoStage:
    return pool_two_stage([float(e.estimate) for e in effects], [float(e.std_error) for e in effects])


def _fold(choose: Callable[[Sample], Chosen | None], sample: Sample, trial: int) -> Fold:
    """Choose in the other trials, and estimate in this one."""
    label = sample.labels[trial]
    label = label.item() if isinstance(label, np.generic) else label
    chosen = choose(sample.take(np.flatnonzero(sample.trial != trial)))
    if chosen is None:
        reason = "the other trials have no candidate"
        return Fold(label, (), False, (0, 0), (0, 0), NOTHING, NOTHING, reason)
    rules, other, kept = chosen
    here = sample.take(np.flatnonzero(sample.trial == trial))
    inside = _covered(rules, here)
    outside = _covered(other, here) if other else _known(rules, here) & ~inside
    sizes = _arms(here, inside), _arms(here, outside)
    if min(*sizes[0], *sizes[1]) < FEWEST_PEOPLE:
        reason = f"fewer than {FEWEST_PEOPLE} people in an arm of a side"
        return Fold(label, rules, kept, *sizes, NOTHING, NOTHING, reason)
    effect, difference, reason = _estimates(here, inside, outside)
    return Fold(label, rules, kept, *sizes, effect, difference, reason)


def _estimates(here: Sample, inside: BoolArray, outside: BoolArray) -> tuple[Effect, Effect, str]:
    """Effect inside and difference in one trial: the effect where "outside" is 0, and minus its interaction."""
    mask = inside | outside
    people = here.outcome[mask], here.treatment[mask], here.trial[mask]
    asked: dict[str, Any] = {
        "adjusters": here.adjusters[mask] if here.adjusters.shape[1] else None,
        "moderator": outside[mask].astype(float),
        "treatment_effect": "common",
    }
    if here.link is None:
        fit: OneStepFit | EventGroupFit = fit_one_step(*people, **asked)
    else:
        exposure = None if here.exposure is None else here.exposure[mask]
        fit = fit_event_group(*people, here.link, exposure=exposure, **asked)
    item = fit.interaction
    if item is None or fit.status not in ("ok", "boundary"):
        return NOTHING, NOTHING, fit.message
    return fit.effect, Effect(-item.estimate, item.std_error, item.df, item.df_raw), ""


def _covered(rules: Sequence[Rule], here: Sample) -> BoolArray:
    return np.asarray(np.all([rule.covers(here.moderators[rule.moderator]) for rule in rules], axis=0))


def _known(rules: Sequence[Rule], here: Sample) -> BoolArray:
    """Who has every moderator of some rules."""
    columns = [here.moderators[rule.moderator] for rule in rules]
    missing = [
        column.codes < 0 if isinstance(column, Levels) else np.isnan(np.asarray(column, float)) for column in columns
    ]
    return np.asarray(~np.any(missing, axis=0))


def _arms(here: Sample, mask: BoolArray) -> tuple[int, int]:
    intervention = int(here.treatment[mask].sum())
    return int(mask.sum()) - intervention, intervention
