"""Printed summaries, reproduced exactly: who has a value, how many hold each level, which mean and SD come out.

Counts hold by construction: of those who may have a level, the ones nearest to it get it, rarest level first, until its
printed number is reached. Means and SDs hold by a change of scale that is next to nothing, and then by moving a few values
by one step of their grid: people near the mean for the mean, pairs on either side of it for the SD. All of it is
deterministic; whatever the seed, the printed digits come out.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, replace

import numpy as np

from reportgen.errors import DataError, Problem
from reportgen.simulation.draws import Draws, FloatArray
from reportgen.simulation.people import BoolArray, Drawn, IntArray, Levels, People, Quantity
from reportgen.spec.simulation import Figures, SimulationSpec, Target

SIDES = ("control", "intervention")
SLACK = 0.45
"""How far from the printed digit a summary may be aimed, in units of its last digit; half a unit would round away."""
CLOSE = 0.02
"""How near to its aim a mean or SD is brought at first, in the same units."""
TRIED = 9
"""How many aims are tried for each printed summary."""


def meeting_targets(people: People, file: SimulationSpec, draws: Draws) -> People:
    """Return people of whom every target of the simulation file holds.

    Raises
    ------
    DataError
        Where a target cannot be met: too few people, or summaries that contradict each other.
    """
    targets = file.simulation.targets
    if targets is None:
        return people
    comparison = file.spec.study.comparisons[targets.sides_of]
    sides = {
        side: people.stays & np.isin(people.arm_class.astype(str), list(classes))
        for side, classes in (("control", comparison.control), ("intervention", comparison.intervention))
    }
    traits, problems = dict(people.traits), []
    for name, target in targets.variables.items():
        order = draws.uniform(len(people), "targets", name)
        may = {side: here & people.measured(name) for side, here in sides.items()}
        try:
            traits[name] = _met(traits[name], target, may, people.trial, order)
        except _UnmetError as unmet:
            place = file.source.at("targets", "variables", name, key=True)
            problems.append(Problem(f"the target of '{name}' cannot be met: {unmet}", place))
    if problems:
        raise DataError(problems)
    return replace(people, traits=traits)


class _UnmetError(Exception):
    """Why a target cannot be met."""


def _met(trait: Drawn, target: Target, may: dict[str, BoolArray], trial: IntArray, order: FloatArray) -> Drawn:
    columns = _columns(target, may)
    known = trait.known.copy()
    for figures, here in columns:
        n = _people(figures)
        if n is not None:
            known[here] = _chosen(here, n, order)[here]
    if isinstance(trait, Levels):
        which = trait.which.copy()
        for figures, here in columns:
            which = _allotted(trait, which, here & known, figures.counts)
        return replace(trait, which=which, known=known)
    values = trait.values.copy()
    steps = np.array([scale.grid for scale in trait.scales])[trial]
    for mask, (mean, sd) in _aims(target, {side: here & known for side, here in may.items()}, values, steps):
        values[mask] = _settled(trait, mask, trial, steps, mean, sd, 10.0**-target.decimals)
    return replace(trait, values=values, known=known)


def _columns(target: Target, may: dict[str, BoolArray]) -> list[tuple[Figures, BoolArray]]:
    """The columns whose people are chosen, and who may be: both sides where either has a number, else everybody."""
    sides = [(getattr(target, side), may[side]) for side in SIDES]
    numbers = [_people(figures) for figures, _ in sides]
    everybody = _people(target.all)
    if numbers == [None, None]:
        return [(target.all, may["control"] | may["intervention"])]
    if None not in numbers and everybody is not None and sum(n or 0 for n in numbers) != everybody:
        raise _UnmetError(f"{numbers[0]} and {numbers[1]} people are not {everybody}")
    return sides


def _people(figures: Figures) -> int | None:
    return sum(figures.counts.values()) if figures.counts else figures.n


def _chosen(here: BoolArray, n: int, order: FloatArray) -> BoolArray:
    """Choose `n` of those who may have a value."""
    places = np.flatnonzero(here)
    if len(places) < n:
        raise _UnmetError(f"{n} people are wanted, and {len(places)} could have a value")
    chosen = np.zeros(len(here), dtype=np.bool_)
    chosen[places[np.argsort(order[places], kind="stable")[:n]]] = True
    return chosen


def _allotted(trait: Levels, which: IntArray, mask: BoolArray, counts: dict[str, int]) -> IntArray:
    """Give each level its number of people, the rarest level first, each to those nearest to it."""
    left, which = np.flatnonzero(mask), which.copy()
    order = sorted(counts, key=lambda level: counts[level])
    for position, level in enumerate(order):
        column = trait.names.index(level)
        others = [trait.names.index(other) for other in order[position + 1 :]]
        nearness = trait.scores[left, column]
        if others:
            nearness = nearness - trait.scores[np.ix_(left, np.array(others))].max(axis=1)
        taken = np.argsort(-nearness, kind="stable")[: counts[level]]
        which[left[taken]] = column
        left = np.delete(left, taken)
    return which


@dataclass(frozen=True, slots=True)
class _Aim:
    """Mean and SD of both sides, and how far the worst of their summaries lies from its printed digit."""

    control: tuple[float, float]
    intervention: tuple[float, float]
    worst: float


def _aims(
    target: Target, masks: dict[str, BoolArray], values: FloatArray, steps: FloatArray
) -> list[tuple[BoolArray, tuple[float, float]]]:
    """Return whom to bring to which mean and SD: both sides, or all where only they have printed ones."""
    unit = 10.0**-target.decimals
    if target.control.mean is None and target.intervention.mean is None:
        if target.all.mean is None or target.all.sd is None:
            return []
        everybody = masks["control"] | masks["intervention"]
        nearest = min(_means(target.all.mean, unit, values[everybody], steps[everybody]), key=abs)
        return [(everybody, (target.all.mean + nearest * unit, target.all.sd))]
    n = tuple(int(masks[side].sum()) for side in SIDES)
    means = [_means(getattr(target, side).mean, unit, values[masks[side]], steps[masks[side]]) for side in SIDES]
    sds = [np.linspace(-SLACK, SLACK, TRIED).tolist()] * 2
    aims = (_aim(target, (n[0], n[1]), unit, offsets) for offsets in itertools.product(*means, *sds))
    best = min(aims, key=lambda aim: aim.worst)
    if best.worst > SLACK:
        raise _UnmetError("its means and SDs by side contradict those of all")
    return [(masks["control"], best.control), (masks["intervention"], best.intervention)]


def _means(printed: float | None, unit: float, values: FloatArray, steps: FloatArray) -> list[float]:
    """Return which means round to the printed one: their distances from it, in units of the last digit.

    A mean of n values on a grid moves in steps of grid / n, so with few people only some means can be had.
    """
    if printed is None or not len(values):
        return [0.0]
    step = _commonest(steps)
    start = math.fmod(float(values.sum()), step)
    low, high = (len(values) * (printed + side * SLACK * unit) - start for side in (-1.0, 1.0))
    sums = np.arange(math.ceil(low / step), math.floor(high / step) + 1)
    chosen = sums[np.unique(np.linspace(0, len(sums) - 1, TRIED).round().astype(int))] if len(sums) else sums
    if not len(chosen):
        raise _UnmetError(f"no {len(values)} values on their grid have a mean that is printed as {printed:g}")
    return [float(((start + k * step) / len(values) - printed) / unit) for k in chosen]


def _commonest(steps: FloatArray) -> float:
    grids, often = np.unique(steps, return_counts=True)
    return float(grids[np.argmax(often)])


def _aim(target: Target, n: tuple[int, int], unit: float, offsets: tuple[float, ...]) -> _Aim:
    """Mean and SD of each side at these distances from print; a side's that is not printed follows from all's."""
    control, intervention, everybody = target.control, target.intervention, target.all
    means = [_near(f.mean, unit * o) for f, o in zip((control, intervention), offsets[:2], strict=True)]
    sds = [_near(f.sd, unit * o) for f, o in zip((control, intervention), offsets[2:], strict=True)]
    total = n[0] + n[1]
    for side in (0, 1):
        if means[side] is None:
            other = 1 - side
            means[side] = (total * _given(everybody.mean) - n[other] * _given(means[other])) / n[side]
    between = n[0] * n[1] / total * (_given(means[0]) - _given(means[1])) ** 2
    for side in (0, 1):
        if sds[side] is None:
            other = 1 - side
            rest = (total - 1) * _given(everybody.sd) ** 2 - between - (n[other] - 1) * _given(sds[other]) ** 2
            sds[side] = math.sqrt(max(rest, 0.0) / (n[side] - 1))
    mean = sum(n[i] * _given(means[i]) for i in (0, 1)) / total
    sd = math.sqrt((sum((n[i] - 1) * _given(sds[i]) ** 2 for i in (0, 1)) + between) / (total - 1))
    far = [abs(o) for o in offsets]
    printed = ((mean, everybody.mean), (sd, everybody.sd))
    far += [abs(value - wanted) / unit for value, wanted in printed if wanted is not None]
    return _Aim((_given(means[0]), _given(sds[0])), (_given(means[1]), _given(sds[1])), max(far))


def _near(printed: float | None, distance: float) -> float | None:
    return None if printed is None else printed + distance


def _given(value: float | None) -> float:
    if value is None:
        raise _UnmetError("give the mean and the SD of both sides, or of one side and all")
    return value


def _settled(
    trait: Quantity, mask: BoolArray, trial: IntArray, steps: FloatArray, mean: float, sd: float, unit: float
) -> FloatArray:
    """Bring the values of some people to a mean and an SD, each value staying on its grid and in its limits."""
    raw, trials, grid = trait.raw[mask], trial[mask], steps[mask]
    shift, stretch, centre = mean - float(raw.mean()), 1.0, float(raw.mean())
    values = raw
    for _ in range(60):
        values = _snapped(trait, centre + shift + stretch * (raw - centre), trials)
        now, spread = float(values.mean()), float(values.std(ddof=1))
        if abs(now - mean) < CLOSE * unit and abs(spread - sd) < CLOSE * unit:
            break
        shift, stretch = shift + mean - now, stretch * sd / max(spread, 1e-12)
    values = _moved(values, trait, trials, grid, mean, sd, unit)
    off = max(abs(float(values.mean()) - mean), abs(float(values.std(ddof=1)) - sd)) / unit
    if off > 0.5 - SLACK:
        raise _UnmetError(f"mean and SD stay {off:.2f} units of the last digit away")
    return values


def _snapped(trait: Quantity, values: FloatArray, trials: IntArray) -> FloatArray:
    snapped = np.empty_like(values)
    for number in np.unique(trials):
        mine = trials == number
        snapped[mine] = trait.scales[number].snapped(values[mine])
    return snapped


def _moved(
    values: FloatArray, trait: Quantity, trials: IntArray, grid: FloatArray, mean: float, sd: float, unit: float
) -> FloatArray:
    """Move a few values by one step of the commonest grid: first for the mean, then in pairs for the SD."""
    values, n = values.copy(), len(values)
    step = _commonest(grid)
    low = np.array([scale.low for scale in trait.scales])[trials]
    high = np.array([scale.high for scale in trait.scales])[trials]
    free = (grid == step) & (values - step >= low) & (values + step <= high)
    steps = round(n * (mean - float(values.mean())) / step)
    near = np.flatnonzero(free)[np.argsort(np.abs(values[free] - mean), kind="stable")]
    moved = near[: abs(steps)]
    values[moved] += step * np.sign(steps)
    free[moved] = False
    for _ in range(2000):
        wanted = (n - 1) * (sd**2 - float(values.var(ddof=1)))
        if abs(wanted) <= step**2:
            break
        # two values a gap apart, moved apart by a step each, add 2 step gap + 2 step^2 to the sum of squares
        apart = 1.0 if wanted > 0 else -1.0
        gap = float(np.clip((abs(wanted) - apart * 2 * step**2) / (2 * step), 0.0, 3 * sd))
        upper = _nearest(values, free, mean + gap / 2)
        lower = -1 if upper < 0 else _nearest(values, free & (np.arange(n) != upper), values[upper] - gap)
        if lower < 0:
            break
        change = apart * 2 * step * float(values[upper] - values[lower]) + 2 * step**2
        if abs(wanted - change) >= abs(wanted):
            break
        values[upper] += step * apart
        values[lower] -= step * apart
        free[[upper, lower]] = False
    return values


def _nearest(values: FloatArray, free: BoolArray, aim: float) -> int:
    places = np.flatnonzero(free)
    return int(places[np.argmin(np.abs(values[places] - aim))]) if len(places) else -1
