"""Who takes part, and what they bring: covariates and instruments before randomisation, still without targets.

Each person has a standard normal score on every shared factor; a trait loads on some of them, and the rest of it is its
own. A number is mean + sd times its score; an ordered level is where the score falls among the shares, any other level is
the one with the largest log share plus a Gumbel draw, which is drawing it by its share. Everybody has every trait: that a
trial did not measure it does not mean that it has no effect.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from reportgen.simulation.draws import Draws, FloatArray
from reportgen.spec.mapping import Mapping
from reportgen.spec.model import Code
from reportgen.spec.simulation import Instrument, SimulationSpec, Trait, kind_of
from reportgen.spec.study import Covariate, Study
from reportgen.spec.variables import interval_of

IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
ObjectArray = npt.NDArray[np.object_]


@dataclass(frozen=True, slots=True)
class Scale:
    """The values that a number may take: from `low` to `high` in steps of `grid`, written with `decimals`."""

    low: float
    high: float
    grid: float
    decimals: int

    def snapped(self, values: FloatArray) -> FloatArray:
        """Return the nearest values that may be taken.

        Examples
        --------
        >>> Scale(0, 100, 100 / 24, 2).snapped(np.array([-3.0, 55.0, 140.0]))
        array([  0.  ,  54.17, 100.  ])
        """
        origin = self.low if np.isfinite(self.low) else 0.0
        steps = np.floor((np.clip(values, self.low, self.high) - origin) / self.grid + 0.5)
        return np.clip(np.round(origin + steps * self.grid, self.decimals), self.low, self.high)


def scale_of(trait: Trait, span: tuple[float, float] | None) -> Scale:
    """Return the scale of a trait: its own limits, or the range that the study gives."""
    low, high = trait.limits or span or (-np.inf, np.inf)
    grid = 1.0 if trait.grid is None else trait.grid
    return Scale(low, high, grid, 9 if trait.decimals is None else trait.decimals)


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number of every person: before and after snapping, on the scale of each trial."""

    raw: FloatArray
    values: FloatArray
    scales: tuple[Scale, ...]
    known: BoolArray


@dataclass(frozen=True, slots=True)
class Levels:
    """A level of every person; `scores` say how near each was to each level, `place` where within it (0 to 1)."""

    names: tuple[str, ...]
    scores: FloatArray
    which: IntArray
    place: FloatArray
    known: BoolArray


Drawn = Quantity | Levels


@dataclass(frozen=True, slots=True)
class People:
    """Everybody in all files, one position each.

    Attributes
    ----------
    mappings : tuple of Mapping
        In the order of the study.
    trial : array of int
        Which of the mappings.
    arm : array of code
    arm_class : array of str, or None
    group : array of int
        Which group of `left_out`; -1 for those who stay.
    factors : dict of str to array
    traits : dict of str to Quantity or Levels
    """

    mappings: tuple[Mapping, ...]
    trial: IntArray
    arm: ObjectArray
    arm_class: ObjectArray
    group: IntArray
    factors: dict[str, FloatArray]
    traits: dict[str, Drawn]

    def __len__(self) -> int:
        return len(self.trial)

    @property
    def stays(self) -> BoolArray:
        """Those whom the mapping does not leave out."""
        return self.group < 0

    def measured(self, name: str) -> BoolArray:
        """Those in trials whose mapping holds the trait."""
        holds = np.array([name in mapping.variables for mapping in self.mappings])
        return np.asarray(holds[self.trial], dtype=np.bool_)

    def numbers(self, name: str) -> FloatArray:
        """Return a quantity."""
        trait = self.traits[name]
        assert isinstance(trait, Quantity)  # the language has checked it
        return trait.values

    def where(self, conditions: dict[str, str]) -> BoolArray:
        """Return for whom every condition holds."""
        holds = np.ones(len(self), dtype=np.bool_)
        for name, text in conditions.items():
            trait = self.traits[name]
            if isinstance(trait, Levels):
                holds &= trait.which == trait.names.index(text)
                continue
            interval = interval_of(text)
            assert interval is not None  # the language has checked it
            if interval.low is not None:
                holds &= trait.values > interval.low if interval.low_open else trait.values >= interval.low
            if interval.high is not None:
                holds &= trait.values < interval.high if interval.high_open else trait.values <= interval.high
        return holds


def trial_names(mappings: tuple[Mapping, ...]) -> list[str]:
    """Return the name of each mapping's trial."""
    return [str(mapping.trial) for mapping in mappings]


def drawn_people(file: SimulationSpec, draws: Draws) -> People:
    """Draw everybody, with every trait."""
    simulation, study = file.simulation, file.spec.study
    mappings = tuple(located.mapping for located in file.spec.mappings)
    rows = [row for number, mapping in enumerate(mappings) for row in _roll(number, mapping, file)]
    trial = np.array([row[0] for row in rows], dtype=np.int64)
    arm, arm_class = np.empty(len(rows), dtype=object), np.empty(len(rows), dtype=object)
    arm[:] = [row[1] for row in rows]
    arm_class[:] = [row[2] for row in rows]
    group = np.array([row[3] for row in rows], dtype=np.int64)
    names = trial_names(mappings)
    sizes = np.bincount(trial, minlength=len(names))
    factors = {
        factor: np.concatenate([draws.normal(n, name, "factor", factor) for name, n in zip(names, sizes, strict=True)])
        for factor in simulation.factors
    }
    people = People(mappings, trial, arm, arm_class, group, factors, {})
    traits: dict[str, Drawn] = {}
    for trait in [*simulation.covariates, *simulation.instruments]:
        parts = [_drawn(trait, name, n, file, people, draws) for name, n in zip(names, sizes, strict=True)]
        traits[trait] = _joined(parts, study.covariates.get(trait))
    return People(mappings, trial, arm, arm_class, group, factors, traits)


def _roll(number: int, mapping: Mapping, file: SimulationSpec) -> Iterator[tuple[int, Code, str | None, int]]:
    """Everybody in one trial's file: those who stay, and then each group that is left out."""
    trial = file.simulation.trials[str(mapping.trial)]
    written = {str(code): code for code in mapping.arms.codes}
    for group, arms in [(-1, trial.arms), *((i, left.arms) for i, left in enumerate(trial.left_out))]:
        for code, n in arms.items():
            meant = written[str(code)]
            for _ in range(n):
                yield number, meant, mapping.arms.codes[meant].class_, group


@dataclass(frozen=True, slots=True)
class _Part:
    """One trait in one trial: its score, its declaration here, and for levels how near each was."""

    score: FloatArray
    trait: Trait
    gumbel: FloatArray
    scale: Scale | None
    missing: FloatArray


def _drawn(name: str, trial: str, n: int, file: SimulationSpec, people: People, draws: Draws) -> _Part:
    trait, study = file.simulation.trait(name, trial), file.spec.study
    number = trial_names(people.mappings).index(trial)
    mine = people.trial == number
    own = np.sqrt(max(0.0, 1 - sum(load**2 for load in trait.loads.values())))
    score = own * draws.normal(n, trial, "trait", name)
    for factor, load in trait.loads.items():
        score = score + load * people.factors[factor][mine]
    missing = draws.uniform(n, trial, "missing", name)
    covariate = study.covariates.get(name)
    if covariate is not None and covariate.categorical:
        gumbel = draws.of(trial, "level", name).gumbel(size=(n, len(covariate.levels)))
        return _Part(score, trait, gumbel, None, missing)
    span = covariate.range if covariate is not None else study.instruments[name].range
    return _Part(score * _worse(name, study), trait, np.empty((n, 0)), scale_of(trait, span), missing)


def _worse(name: str, study: Study) -> float:
    """A positive score makes an instrument worse, an event or a count likelier, and a covariate larger."""
    measured = name in study.instruments and kind_of(name, study) == "measured"
    return -1.0 if measured and study.instruments[name].better == "higher" else 1.0


def _joined(parts: list[_Part], covariate: Covariate | None) -> Drawn:
    known = np.concatenate([part.missing >= (part.trait.missing or 0.0) for part in parts])
    if covariate is None or not covariate.categorical:
        raw = np.concatenate([(p.trait.mean or 0.0) + (p.trait.sd or 1.0) * p.score for p in parts])
        scales = tuple(part.scale for part in parts if part.scale is not None)
        pieces = np.split(raw, np.cumsum([len(part.score) for part in parts])[:-1])
        values = np.concatenate([scale.snapped(piece) for scale, piece in zip(scales, pieces, strict=True)])
        return Quantity(raw, values, scales, known)
    make = _ordered if covariate.ordered else _unordered
    results = [make(part, covariate.levels) for part in parts]
    scores, place = np.vstack([item[0] for item in results]), np.concatenate([item[1] for item in results])
    return Levels(covariate.levels, scores, np.argmax(scores, axis=1), place, known)


def _shares(part: _Part, levels: tuple[str, ...]) -> FloatArray:
    given = np.array([part.trait.shares.get(level, 0.0) for level in levels], dtype=np.float64)
    return np.asarray(given / given.sum(), dtype=np.float64)


def _ordered(part: _Part, levels: tuple[str, ...]) -> tuple[FloatArray, FloatArray]:
    """Levels by where the score falls among the shares; the nearness of a level is minus the distance to its span."""
    edges = np.concatenate([[0.0], np.cumsum(_shares(part, levels))])
    edges[-1] = 1.0
    share = ndtr(part.score)
    below, above = edges[:-1] - share[:, None], share[:, None] - edges[1:]
    which = np.clip(np.searchsorted(edges, share, side="right") - 1, 0, len(levels) - 1)
    width = np.maximum(edges[which + 1] - edges[which], 1e-12)
    return -np.maximum(0.0, np.maximum(below, above)), np.clip((share - edges[which]) / width, 0.0, 1 - 1e-9)


def _unordered(part: _Part, levels: tuple[str, ...]) -> tuple[FloatArray, FloatArray]:
    shares = _shares(part, levels)
    log_share = np.log(np.maximum(shares, 1e-12))
    return log_share + part.gumbel, ndtr(part.score)


def instrument_of(file: SimulationSpec, name: str, trial: str) -> Instrument:
    """Return an instrument as it is in one trial."""
    found = file.simulation.trait(name, trial)
    assert isinstance(found, Instrument)
    return found
