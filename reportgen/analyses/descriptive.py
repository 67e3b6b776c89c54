"""Baseline characteristics by side of a comparison, and the trials of the repository.

In: the node of the study file and the repository. Out: records with counts and summaries, and no participants. Cells
too small to print are suppressed here, so that their values reach neither a page nor the results table; so is a second
cell wherever the first could be worked out from its neighbours.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from reportgen.analyses.measurements import Measurements, baseline_instrument
from reportgen.analyses.naming import natural_unit_of
from reportgen.data import Repository
from reportgen.late import pd
from reportgen.records.model import (
    ArmRow,
    Characteristic,
    Descriptive,
    IncludedTrials,
    Level,
    Share,
    Side,
    Summary,
    TrialRow,
)
from reportgen.records.names import outcome_title
from reportgen.records.numbers import Measure, Value, slug
from reportgen.release.rules import released_sides, suppress_value
from reportgen.release.suppressed_cells import suppressed_cells
from reportgen.release.values import Values
from reportgen.spec.analyses import Descriptive as Node
from reportgen.spec.references import baseline_of
from reportgen.spec.study import Covariate, Study
from reportgen.stats.descriptive import mean_sd, standardised_difference, standardised_difference_of_levels

SIDES = ("control", "intervention", "all")
BoolArray = NDArray[np.bool_]


def included_trials(repository: Repository, study: Study) -> IncludedTrials[Value]:
    """Record the trials, the largest first, with their arms in the order of the classes, and the people left out on loading."""
    values = Values("trials", "trials")
    ordered = sorted(repository.trials, key=lambda trial: -trial.n)
    of_trials = {name: covariate for name, covariate in study.covariates.items() if covariate.of_trials}
    first = repository.participants.drop_duplicates("trial").set_index("trial")
    rows = []
    for trial in ordered:
        builder = values.at(trial.name)
        published = trial.published_n
        rows.append(
            TrialRow(
                trial=builder.quote("name", trial.name),
                country=builder.quote("country", trial.country),
                n=builder.count("n", trial.n),
                in_file=builder.count("in file", trial.raw_n),
                published=None if published is None else builder.count("published n", published),
                published_source=None
                if published is None
                else builder.quote("published source", trial.published_source),
                arms=tuple(
                    ArmRow(
                        arm_class=builder.quote(f"arm {i} class", arm_class),
                        name=builder.quote(f"arm {i} name", name),
                        n=builder.count(f"arm {i} n", n),
                    )
                    for i, (arm_class, name, n) in sorted(
                        enumerate(trial.arms, 1), key=lambda arm: study.arm_classes.index(arm[1][0])
                    )
                ),
                characteristics=tuple(
                    builder.quote(name, _of_trial(first.at[trial.name, name], covariate))
                    for name, covariate in of_trials.items()
                ),
            )
        )
    return IncludedTrials(
        trials=tuple(rows),
        number=values.count("number", len(ordered), "trials"),
        n=values.count("n", sum(trial.n for trial in ordered)),
        in_file=values.count("in files", sum(trial.raw_n for trial in ordered)),
        characteristics=tuple(
            values.at("characteristics").quote(name, f"{covariate.label or name}{_in_unit(covariate)}")
            for name, covariate in of_trials.items()
        ),
    )


def _in_unit(covariate: Covariate) -> str:
    return f", {covariate.unit}" if covariate.unit else ""


def _of_trial(value: object, covariate: Covariate) -> str:
    """Return the value of a trial in words; nothing where it is not known."""
    if covariate.categorical:
        return str(value) if isinstance(value, str) else ""
    number = float(value)  # type: ignore[arg-type]
    if math.isnan(number):
        return ""
    return f"{number:.{covariate.decimals}f}" if covariate.decimals is not None else f"{number:.10g}"


def descriptive_record(repository: Repository, *, name: str, node: Node, study: Study) -> Descriptive[Value]:
    """Record the baseline characteristics of everybody in an arm on either side of the comparison, in all trials."""
    values = Values(slug(name), f"analyses.{name}", minimum=study.policy.minimum_cell)
    comparison = study.comparisons[node.sides_of]
    arm_class = repository.participants["arm_class"]
    control = arm_class.isin(comparison.control).to_numpy()
    intervention = arm_class.isin(comparison.intervention).to_numpy()
    sides = (control, intervention, control | intervention)
    trial_of = repository.participants["trial"].to_numpy(dtype=object)
    table = _Table(repository, study, trial_of, sides, values, node.standardised_difference)
    characteristics = tuple(table.characteristic(variable) for variable in node.variables)
    present = [{*trial_of[side].tolist()} for side in sides]
    one_sided = [
        t.name
        for t in repository.trials
        if t.name in present[2] and not (t.name in present[0] and t.name in present[1])
    ]
    return Descriptive(
        name=name,
        comparison=values.quote("comparison", comparison.title or node.sides_of),
        sides=tuple(
            Side(
                label=label,
                trials=values.count(f"{label} trials", len(available), "trials"),
                n=values.count(f"{label} n", int(side.sum())),
            )
            for label, side, available in zip(SIDES, sides, present, strict=True)
        ),
        characteristics=characteristics,
        minimum_cell=values.count("minimum cell", study.policy.minimum_cell),
        suppressed=table.suppressed,
        one_sided=tuple(values.quote(f"one sided {i}", trial) for i, trial in enumerate(one_sided, 1)),
    )


class _Table:
    """Makes the characteristics of one descriptive table; remembers whether it had to suppress a cell."""

    def __init__(
        self,
        repository: Repository,
        study: Study,
        trial_of: NDArray[np.object_],
        sides: Sequence[BoolArray],
        values: Values,
        difference: bool,
    ) -> None:
        self.repository, self.study, self.trial_of = repository, study, trial_of
        self.sides, self.values, self.difference = sides, values, difference
        self.measurements = Measurements(repository, study)
        self.suppressed = False

    def characteristic(self, variable: str) -> Characteristic[Value]:
        covariate = self.study.covariates.get(variable)
        if covariate is None:
            measured = baseline_of(variable) or variable
            label, unit, decimals = _baseline_words(measured, self.study)
            collected = {t.name for t in self.repository.trials if baseline_instrument(t, measured, self.study)}
            values = pd.Series(self.measurements.baseline(self.repository.trials, measured))
            return self._quantity(variable, f"{label} at baseline", unit, decimals, values, collected)
        collected = {t.name for t in self.repository.trials if variable in t.collected_covariates}
        values = self.repository.participants[variable]
        label = covariate.label or variable
        if covariate.categorical:
            return self._levels(variable, label, covariate.levels, values, collected)
        return self._quantity(variable, label, covariate.unit, covariate.decimals, values, collected)

    def _heads(self, builder: Values, values: pd.Series, collected: set[str]) -> list[tuple[Value, Value, BoolArray]]:
        known = values.notna().to_numpy()
        trials, counts, people = [], [], []
        for label, side in zip(SIDES, self.sides, strict=True):
            present = {*self.trial_of[side].tolist()} & collected
            nested = builder.at(label)
            trials.append(nested.count("trials", len(present), "trials"))
            counts.append(nested.count("n", int((side & known).sum())))
            people.append(side & known)
        released = released_sides((counts[0], counts[1], counts[2]), self.study.policy.minimum_cell)
        self.suppressed |= any(number.status == "suppressed" for number in released)
        return list(zip(trials, released, people, strict=True))

    def _quantity(
        self, variable: str, label: str, unit: str, decimals: int | None, values: pd.Series, collected: set[str]
    ) -> Characteristic[Value]:
        builder = self.values.at(variable)
        measure: Measure = "mean" if decimals is None else ""
        numbers = values.to_numpy(dtype=float)
        heads = self._heads(builder, values, collected)
        suppressed = suppressed_columns([int(known.sum()) for _, _, known in heads], self.study.policy.minimum_cell)
        sides = []
        for side, (trials, n, known), suppress in zip(SIDES, heads, suppressed, strict=True):
            nested = builder.at(side, n=int(known.sum()), trials=int(trials.value or 0))
            mean, sd = mean_sd(numbers[known])
            if suppress:
                self.suppressed = True
                reason = "fewer participants than the study's policy allows to be printed"
                sides.append(
                    Summary(trials, n, nested.suppressed("mean", "–", reason), nested.suppressed("sd", "–", reason))
                )
            else:
                cause = "no participant has a value" if not known.any() else "one value has no standard deviation"
                sides.append(
                    Summary(
                        trials,
                        n,
                        nested.fixed("mean", mean, measure, unit, cause, decimals=decimals),
                        nested.fixed("sd", sd, measure, unit, cause, decimals=decimals),
                    )
                )
        difference = standardised_difference(numbers[heads[0][2]], numbers[heads[1][2]])
        return Characteristic(
            label=builder.quote("label", label),
            unit=builder.quote("unit", unit),
            sides=tuple(sides),
            levels=(),
            difference=self._difference(difference, any(suppressed), builder),
        )

    def _levels(
        self, variable: str, label: str, levels: tuple[str, ...], values: pd.Series, collected: set[str]
    ) -> Characteristic[Value]:
        builder = self.values.at(variable)
        heads = self._heads(builder, values, collected)
        counts = np.array([[int((values[known] == level).sum()) for _, _, known in heads] for level in levels])
        suppressed = suppressed_cells(counts, self.study.policy.minimum_cell)
        totals = counts.sum(axis=0)
        rows = []
        for row, level in enumerate(levels):
            nested = builder.at(f"level {level}")
            shares = tuple(
                self._share(
                    nested.at(side), int(counts[row, column]), int(totals[column]), bool(suppressed[row, column])
                )
                for column, side in enumerate(SIDES)
            )
            rows.append(Level(nested.quote("label", level), shares))
        difference = standardised_difference_of_levels(counts[:, 0], counts[:, 1])
        return Characteristic(
            label=builder.quote("label", label),
            unit=builder.quote("unit", ""),
            sides=tuple(Summary(trials, n) for trials, n, _ in heads),
            levels=tuple(rows),
            difference=self._difference(difference, bool(suppressed.any()), builder),
        )

    def _difference(self, value: float, suppressed: bool, values: Values) -> Value | None:
        """Return the standardised difference where it is asked for; it would give away a suppressed cell."""
        if not self.difference:
            return None
        number = values.fixed("standardised difference", value, "heterogeneity")
        return suppress_value(number, "a suppressed cell could be derived from it") if suppressed else number

    def _share(self, values: Values, count: int, total: int, suppress: bool) -> Share[Value]:
        minimum = self.study.policy.minimum_cell
        if suppress:
            self.suppressed = True
            small = 0 < count < minimum
            reason = (
                "too few participants to print"
                if small
                else "suppressed, as the cell beside it could be derived from it"
            )
            return Share(
                values.cell("n", count, suppress, reason),
                values.suppressed("percent", "–", reason, "%"),
            )
        return Share(values.count("n", count), values.share("percent", count, total, "no participant has a value"))


def suppressed_columns(counts: Sequence[int], minimum: int) -> list[bool]:
    """Return which of control, intervention and all are too small to summarise; with one of them goes the other two.

    From two of the three means the third can be worked out.

    Examples
    --------
    >>> suppressed_columns([3, 40, 43], 5), suppressed_columns([30, 40, 70], 5)
    ([True, True, True], [False, False, False])
    """
    small = any(0 < n < minimum for n in counts)
    return [small] * len(counts)


def _baseline_words(name: str, study: Study) -> tuple[str, str, int | None]:
    """Return label, unit and decimals of a baseline measure; a scale without a unit needs none in a table of means."""
    if name in study.outcomes:
        unit = natural_unit_of(name, study)
        return outcome_title(name, study), "" if unit == "points" else unit, study.outcomes[name].decimals
    instrument = study.instruments[name]
    return instrument.name or name, instrument.unit, None
