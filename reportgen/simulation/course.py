"""What becomes of people: how each instrument changes, what treatment adds and for whom, and who is lost.

An event happens with the declared risk and odds ratio, a count with the declared rate and rate ratio, in the exposure of the person.
Improvement = course of the trial + pull x (how much worse than the trial's mean the start was) + effect of the arm's class
+ modifications + residual, all in points of the instrument. The value is snapped to its grid, and with it the ends of the
scale take their toll. What the file declares and what an analysis then finds differ by sampling error; `exact` takes as much
of that out as the file asks for.
"""

from __future__ import annotations

from collections.abc import Mapping as MappingABC
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import expit, logit

from reportgen.data.visits import visit_meant
from reportgen.simulation.draws import Draws, FloatArray
from reportgen.simulation.people import BoolArray, IntArray, People, Quantity, Scale, instrument_of, trial_names
from reportgen.spec.declared import declared_visits
from reportgen.spec.mapping import Mapping
from reportgen.spec.outcomes import instruments_of
from reportgen.spec.simulation import Instrument, Modifier, SimulationSpec, kind_of
from reportgen.spec.variables import Variable


@dataclass(frozen=True, slots=True)
class Draft:
    """One instrument at one visit of one trial, one position a person of the trial.

    Attributes
    ----------
    key : str
        The visit as the mapping's patterns and codes name it.
    months : float
    base, gain, residual : arrays
        Value before, improvement that is declared, and what chance adds.
    there, complete : arrays of bool
        Who has a value; who enters an analysis of it.
    scale : Scale
    turn : float
        1 where higher is better, else -1.
    happened : bool
        Whether it is an event or a count: it has no baseline, and chance has its say once.
    """

    key: str
    months: float
    base: FloatArray
    gain: FloatArray
    residual: FloatArray
    there: BoolArray
    complete: BoolArray
    scale: Scale
    turn: float
    happened: bool = False

    def only(self, mask: BoolArray) -> Draft:
        """Return the same of some people."""
        names = ("base", "gain", "residual", "there", "complete")
        return replace(self, **{name: getattr(self, name)[mask] for name in names})

    def improved(self, shift: FloatArray | float = 0.0) -> FloatArray:
        """Return the improvement, with something added to the residuals, as the scale allows it."""
        value = self.scale.snapped(self.base + self.turn * (self.gain + self.residual + shift))
        return np.asarray(self.turn * (value - self.base), dtype=np.float64)

    def values(self) -> FloatArray:
        """Return what is measured; NaN where a person has no value."""
        value = self.scale.snapped(self.base + self.turn * (self.gain + self.residual))
        return np.where(self.there, value, np.nan)


def at_month(points: MappingABC[float, float], months: float) -> float:
    """Return what is declared for a month: straight between two points, level outside them, 0 without any.

    Examples
    --------
    >>> at_month({3: 1.0, 6: 0.4}, 4.5), at_month({3: 1.0}, 12), at_month({}, 3)
    (0.7, 1.0, 0.0)
    """
    if not points:
        return 0.0
    known = sorted(points)
    return float(np.interp(months, known, [points[month] for month in known]))


def visits_of_variable(variable: Variable, mapping: Mapping) -> list[tuple[str, float]]:
    """Return the visits at which a mapping has an instrument: their key or time, and their months."""
    return [(key, visit_meant(key, mapping).months) for key in declared_visits(variable, mapping)]


@dataclass(frozen=True, slots=True)
class Added:
    """What an effect modification adds for each person, centred, and to which classes."""

    modifier: Modifier
    values: FloatArray

    def to(self, arm_class: str | None, instrument: Instrument) -> bool:
        """Whether it is added in a class of arms: those it names, or all that have an effect."""
        return arm_class is not None and arm_class in (self.modifier.classes or instrument.treated)


def modifications(people: People, file: SimulationSpec) -> dict[str, list[Added]]:
    """Return what is added to the effect on each instrument."""
    found: dict[str, list[Added]] = {name: [] for name in file.simulation.instruments}
    for modifier in file.simulation.modifiers.values():
        holds = people.where(modifier.where)
        for name in modifier.of:
            measured = people.measured(name) & people.stays
            amount = holds.astype(np.float64)
            if modifier.by is not None:
                by = people.numbers(modifier.by)
                inside = measured & holds
                amount = np.where(holds, by - (by[inside].mean() if inside.any() else 0.0), 0.0)
            elif measured.any():
                amount = amount - amount[measured].mean()
            found[name].append(Added(modifier, modifier.adds * amount))
    return found


def drafts(people: People, file: SimulationSpec, draws: Draws) -> list[dict[str, list[Draft]]]:
    """Return for each trial what each of its instruments shows at each visit after the baseline, still without `exact`."""
    added = modifications(people, file)
    results = []
    for number, (name, mapping) in enumerate(zip(trial_names(people.mappings), people.mappings, strict=True)):
        mine = np.flatnonzero(people.trial == number)
        follow = _FollowUp(people, file, draws, name, number, mine, added)
        variables = {v: rule for v, rule in mapping.variables.items() if v in file.simulation.instruments}
        results.append({v: follow.drafts(v, rule, mapping) for v, rule in variables.items()})
    return results


@dataclass(frozen=True, slots=True)
class _FollowUp:
    """One trial, followed up."""

    people: People
    file: SimulationSpec
    draws: Draws
    trial: str
    number: int
    mine: IntArray
    added: dict[str, list[Added]]

    def drafts(self, name: str, rule: Variable, mapping: Mapping) -> list[Draft]:
        """Return one instrument at each visit; the baseline improves nothing."""
        return [self._draft(name, key, months) for key, months in visits_of_variable(rule, mapping)]

    def _draft(self, name: str, key: str, months: float) -> Draft:
        kind = kind_of(name, self.file.spec.study)
        if kind != "measured":
            return self._happened(name, kind, key, months)
        trait = self.people.traits[name]
        assert isinstance(trait, Quantity)
        base, known = trait.values[self.mine], trait.known[self.mine]
        nothing = np.zeros(len(self.mine))
        scale = trait.scales[self.number]
        turn = -1.0 if self.file.spec.study.instruments[name].better == "lower" else 1.0
        if months == 0:
            return Draft(key, months, base, nothing, nothing, known, known, scale, turn)
        instrument = instrument_of(self.file, name, self.trial)
        stays = self.people.stays[self.mine]
        worse = turn * (base[stays].mean() - base)
        gain = at_month(instrument.course, months) + (instrument.pull or 0.0) * worse
        gain = gain + self._effect(name, instrument, months)
        there = self._there(name, key, months)
        return Draft(
            key, months, base, gain, self._residual(name, instrument, key), there, there & known & stays, scale, turn
        )

    def _happened(self, name: str, kind: str, key: str, months: float) -> Draft:
        """Return who has an event by a visit, or how many events each has had; nobody has one at baseline."""
        n, instrument = len(self.mine), instrument_of(self.file, name, self.trial)
        nothing, scale = np.zeros(n), Scale(0.0, np.inf, 1.0, 0)
        there = self._there(name, key, months) if months > 0 else np.ones(n, dtype=np.bool_)
        values = nothing
        if months > 0:
            trait = self.people.traits[name]
            assert isinstance(trait, Quantity)
            spread = 0.0 if instrument.sd is None else 1.0
            shift = self._log_ratio(name, instrument) + spread * trait.raw[self.mine]
            if kind == "binary":
                chance = expit(logit(at_month(instrument.risk, months)) + shift)
                values = (self.draws.uniform(n, self.trial, "event", name, key) < chance).astype(np.float64)
            else:
                expected = at_month(instrument.rate, months) * self._exposure(name, key, months) * np.exp(shift)
                values = self.draws.of(self.trial, "events", name, key).poisson(expected).astype(np.float64)
        return Draft(
            key, months, nothing, values, nothing, there, there & self.people.stays[self.mine], scale, 1.0, True
        )

    def _log_ratio(self, name: str, instrument: Instrument) -> FloatArray:
        shift, classes = np.zeros(len(self.mine)), self.people.arm_class[self.mine]
        for arm_class, ratio in instrument.ratios.items():
            here = classes == arm_class
            shift[here] = np.log(ratio)
            for item in self.added[name]:
                if item.to(arm_class, instrument):
                    shift[here] += item.values[self.mine][here]
        return shift

    def _exposure(self, name: str, key: str, months: float) -> FloatArray:
        """Return in what each person's events are counted: the exposure of the outcome, or 1."""
        study = self.file.spec.study
        asked = [outcome for key_, outcome in study.outcomes.items() if name in instruments_of(outcome, key_)]
        exposure = next((outcome.exposure for outcome in asked if outcome.exposure), None)
        if exposure is None or exposure not in self.people.traits:
            return np.ones(len(self.mine))
        values = self._draft(exposure, key, months).values()
        known = values[~np.isnan(values)]
        return np.where(np.isnan(values), known.mean() if len(known) else 1.0, values)

    def _effect(self, name: str, instrument: Instrument, months: float) -> FloatArray:
        effect = np.zeros(len(self.mine))
        classes = self.people.arm_class[self.mine]
        for arm_class, points in instrument.effects.items():
            here = classes == arm_class
            effect[here] = at_month(points, months)
            general = self.file.simulation.instrument(name).effects.get(arm_class, points)
            most = max((abs(value) for value in general.values()), default=0.0)
            fade = min(1.0, abs(at_month(general, months)) / most) if most else 0.0
            for item in self.added[name]:
                if item.to(arm_class, instrument):
                    effect[here] += fade * item.values[self.mine][here]
        return effect

    def _residual(self, name: str, instrument: Instrument, key: str) -> FloatArray:
        n, rule = len(self.mine), self.file.simulation.residuals
        shared = self.draws.normal(n, self.trial, "recovery")
        kept = self.draws.normal(n, self.trial, "residual", name)
        own = self.draws.normal(n, self.trial, "residual", name, key)
        rest = max(0.0, 1 - rule.shared - rule.persistent)
        unit = np.sqrt(rule.shared) * shared + np.sqrt(rule.persistent) * kept + np.sqrt(rest) * own
        sd = np.full(n, instrument.residual or 0.0)
        for spread in instrument.residual_where:
            sd[self.people.where(spread.where)[self.mine]] = spread.sd
        return np.asarray(unit * sd, dtype=np.float64)

    def _there(self, name: str, key: str, months: float) -> BoolArray:
        """Who is still followed up and did not skip this value; who is lost once stays lost."""
        loss, n = self.file.simulation.loss, len(self.mine)
        share = at_month(self.file.simulation.trials[self.trial].loss or loss.share, months)
        odds = np.log(max(share, 1e-9) / (1 - share)) * np.ones(n)
        for factor, lean in loss.leans.items():
            odds += lean * self.people.factors[factor][self.mine]
        chance = 1 / (1 + np.exp(-odds))
        staying = self.draws.uniform(n, self.trial, "loss") >= chance
        skipped = self.draws.uniform(n, self.trial, "skipped", name, key) < loss.skipped
        return np.asarray(staying & ~skipped, dtype=np.bool_)
