"""What trials measured: values by trial, instrument and visit, on the scale of an outcome; and which instrument and visit stand for it.

In: a repository and the study. Out: arrays with a place for each participant of the repository, NaN where there is no value.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from reportgen.data import Repository, TrialInfo
from reportgen.data.events import event_codes
from reportgen.data.scale import without_noise
from reportgen.records.exclusion import ExclusionReason
from reportgen.spec.outcomes import Better, Instrument, Outcome, better_of, instruments_of
from reportgen.spec.study import Study, Window
from reportgen.stats.sample import unit_keys

FloatArray = NDArray[np.float64]


class Measurements:
    """The measured values of a repository, by trial, instrument and visit."""

    def __init__(self, repository: Repository, study: Study) -> None:
        self._study = study
        self._size = len(repository.participants)
        self._values = repository.measured
        self._people = repository.participants[["trial", "participant"]]

    @cached_property
    def keys(self) -> NDArray[np.uint64]:
        """A number for each participant of the repository, made of trial and participant."""
        return unit_keys(self._people["trial"].to_numpy(), self._people["participant"].to_numpy())

    def at(self, trial: str, instrument: str, visit: str) -> FloatArray:
        """Return the values at one visit, one place for each participant of the repository, NaN where there is none."""
        values = np.full(self._size, np.nan)
        block = self._values.get((trial, instrument, visit))
        if block is not None:
            values[block["row"].to_numpy()] = block["value"].to_numpy(dtype=float)
        return values

    def baseline(self, trials: Iterable[TrialInfo], name: str) -> FloatArray:
        """Return the baseline values of an outcome or instrument over all trials."""
        values = np.full(self._size, np.nan)
        for trial in trials:
            found = baseline_instrument(trial, name, self._study)
            if found is not None:
                instrument, visit = found
                builder = self.at(trial.name, instrument, visit)
                values = np.where(np.isnan(builder), values, self.converted(builder, name, instrument))
        return values

    def converted(self, values: FloatArray, name: str, instrument: str) -> FloatArray:
        """Rescale values of an instrument to an outcome's range and turn them to its direction."""
        outcome = self._study.outcomes.get(name)
        return values if outcome is None else rescaled(values, self._study.instruments[instrument], outcome)


def direction_of(outcome: Outcome, name: str, study: Study) -> Better:
    """Return whether lower or higher values of an outcome are better."""
    return better_of(outcome, study.instruments[instruments_of(outcome, name)[0]])


def range_of(outcome: Outcome, name: str, study: Study) -> tuple[float, float] | None:
    """Return the range of the scale of effects on an outcome, where it has one; events and standardised outcomes have none."""
    if outcome.of_events or outcome.standardised:
        return None
    return outcome.range or study.instruments[instruments_of(outcome, name)[0]].range


def rescaled(values: FloatArray, instrument: Instrument, outcome: Outcome) -> FloatArray:
    """Take values from an instrument's range to an outcome's, turned where the two point in different directions.

    Of a binary outcome: 1 where a value is the event, and else 0. Counts are as they are.

    Examples
    --------
    >>> better = Instrument(range=(0, 10), better="higher")
    >>> rescaled(np.array([2.0]), better, Outcome(range=(0, 100), better="lower"))
    array([80.])
    """
    if outcome.kind == "binary":
        event = np.isin(values, event_codes(outcome.event, instrument.levels))
        return np.where(np.isnan(values), np.nan, event.astype(float))
    if outcome.kind == "count":
        return values
    turned = outcome.better is not None and outcome.better != instrument.better
    if instrument.range is None:
        return -values if turned else values
    low, high = instrument.range
    share = (values - low) / (high - low)
    if outcome.range is None:
        return low + high - values if turned else values
    to_low, to_high = outcome.range
    return without_noise(to_low + (1 - share if turned else share) * (to_high - to_low))


def visit_in(trial: TrialInfo, instrument: str, window: Window) -> str | None:
    """Return the visit of a trial that a window takes for an instrument: the nearest to its aim, ties by its rule."""
    low, high = window.months
    inside = [
        (abs(months - window.centre), months if window.tie == "earlier" else -months, label)
        for label, months in trial.visits
        if low <= months <= high and months > 0 and (instrument, label) in trial.collected_measures
    ]
    return min(inside)[2] if inside else None


def baseline_visit(trial: TrialInfo, instrument: str) -> str | None:
    """Return the label of the baseline visit at which a trial collected an instrument."""
    return next((v for v, months in trial.visits if months == 0 and (instrument, v) in trial.collected_measures), None)


def baseline_instrument(trial: TrialInfo, name: str, study: Study) -> tuple[str, str] | None:
    """Return the instrument and visit that give the baseline of an outcome (or of an instrument) in a trial."""
    outcome = study.outcomes.get(name)
    for instrument in instruments_of(outcome, name) if outcome else (name,):
        visit = baseline_visit(trial, instrument)
        if visit is not None:
            return instrument, visit
    return None


def measured_by(
    trial: TrialInfo, name: str, window: Window, study: Study, *, baseline: bool = True
) -> tuple[str, str, str] | ExclusionReason:
    """Return instrument, baseline visit and follow-up visit of an outcome in a trial; or the reason why there is none.

    Where no `baseline` is asked for, the visit of it is empty.
    """
    reasons = []
    for instrument in instruments_of(study.outcomes[name], name):
        before, after = baseline_visit(trial, instrument), visit_in(trial, instrument, window)
        if after and (before or not baseline):
            return instrument, before or "" if baseline else "", after
        elsewhere = before or (not baseline and any(item == instrument for item, _ in trial.collected_measures))
        reasons.append(
            ExclusionReason.NOT_AT_BASELINE
            if after
            else ExclusionReason.NOT_IN_WINDOW
            if elsewhere
            else ExclusionReason.NOT_MEASURED
        )
    return reasons[0]
