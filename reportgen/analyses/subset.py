"""Who is in a subgroup that the study file fixes in advance, and what it is called.

In: the repository and the `subset` of an analysis. Out: for each of its conditions whose value is not known and who is outside,
with the reasons for which these people are left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reportgen.analyses.measurements import Measurements
from reportgen.analyses.naming import natural_unit_of
from reportgen.data import Repository
from reportgen.records.exclusion import Exclusion, ExclusionReason
from reportgen.records.names import outcome_title
from reportgen.records.record import Record
from reportgen.release.values import Values
from reportgen.spec.analyses import Pooled
from reportgen.spec.references import baseline_of
from reportgen.spec.study import Study
from reportgen.spec.variables import Interval, interval_of

Subset = Mapping[str, tuple[str, ...]]
BoolArray = NDArray[np.bool_]


def outside(
    repository: Repository, measurements: Measurements, study: Study, subset: Subset
) -> dict[Exclusion, BoolArray]:
    """Return whom a subgroup leaves out, by reason: those whose value is not known, and those who are outside.

    Parameters
    ----------
    repository : Repository
    measurements : Measurements
        Of the same repository.
    study : Study
    subset : mapping of str to tuple of str
        As the study file says it.
    """
    found: dict[Exclusion, BoolArray] = {}
    for name, limits in subset.items():
        unknown, inside = _members(name, limits, repository, measurements, study)
        found[Exclusion(ExclusionReason.NO_VALUE, label_of(name, study))] = unknown
        found[Exclusion(ExclusionReason.OUTSIDE, condition(name, limits, study))] = ~unknown & ~inside
    return found


def _members(
    name: str, limits: tuple[str, ...], repository: Repository, measurements: Measurements, study: Study
) -> tuple[BoolArray, BoolArray]:
    """Return whose value is not known, and whose meets a condition."""
    measured = baseline_of(name)
    if measured is None and study.covariates[name].categorical:
        levels = repository.participants[name]
        return levels.isna().to_numpy(dtype=bool), levels.isin(limits).to_numpy(dtype=bool)
    if measured is not None:
        values = measurements.baseline(repository.trials, measured)
    else:
        values = repository.participants[name].to_numpy(dtype=float)
    return np.isnan(values), _within(values, _interval(limits))


def _interval(limits: tuple[str, ...]) -> Interval:
    found = interval_of(limits[0])
    assert found is not None  # the study file was checked
    return found


def _within(values: NDArray[np.float64], interval: Interval) -> BoolArray:
    """Return which values lie in an interval; none that is NaN does.

    Examples
    --------
    >>> _within(np.array([64.0, 65.0, np.nan]), Interval(low=65.0)).tolist()
    [False, True, False]
    """
    low = -np.inf if interval.low is None else interval.low
    high = np.inf if interval.high is None else interval.high
    above = values > low if interval.low_open else values >= low
    below = values < high if interval.high_open else values <= high
    return np.asarray(above & below)


def condition(name: str, limits: tuple[str, ...], study: Study) -> str:
    """Return a condition of a subgroup in words: "Sex female", "Age at least 65 years", "Country (of the trial) UK"."""
    return f"{label_of(name, study)} {limits_words(name, limits, study)}"


def limits_words(name: str, limits: tuple[str, ...], study: Study) -> str:
    """Return the limits of a condition in words: "female", "at least 65 years", "UK"."""
    measured = baseline_of(name)
    if measured is None and study.covariates[name].categorical:
        return " or ".join(limits)
    unit = study.covariates[name].unit if measured is None else _unit(measured, study)
    return f"{_interval(limits).text()}{f' {unit}' if unit else ''}"


def _unit(measured: str, study: Study) -> str:
    return natural_unit_of(measured, study) if measured in study.outcomes else study.instruments[measured].unit


def label_of(name: str, study: Study) -> str:
    """Return what the variable of a condition is called."""
    measured = baseline_of(name)
    if measured is None:
        covariate = study.covariates[name]
        return f"{covariate.label or name}{' (of the trial)' if covariate.of_trials else ''}"
    title = outcome_title(measured, study) if measured in study.outcomes else study.instruments[measured].name
    return f"{title or measured} at baseline"


def with_subset(record: Any, name: str, node: Any, study: Study) -> Any:
    """Return the record of an analysis with the conditions of the subgroup to which it is limited."""
    if not isinstance(node, Pooled) or not isinstance(record, Record) or not node.subset:
        return record
    return replace(record, subset=tuple(conditions(name, node, study)))


def conditions(name: str, node: Pooled, study: Study) -> Iterator[Any]:
    """Yield the conditions of the subgroup to which an analysis is limited, in words."""
    values = Values(f"{name}.subset", f"analyses.{name}")
    for i, (variable, limits) in enumerate(node.subset.items(), 1):
        yield values.quote(f"condition {i}", condition(variable, limits, study))
