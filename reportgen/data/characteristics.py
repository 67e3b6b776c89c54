"""Covariates of trials as a whole, as its mapping gives them: everybody in a trial has its value."""

from __future__ import annotations

from typing import TypeVar

import numpy as np

from reportgen.data.columns import FloatArray, ObjectArray, objects
from reportgen.data.people import People
from reportgen.spec.mapping import Mapping, TrialColumn
from reportgen.spec.model import number_of
from reportgen.spec.study import Covariate, Study

T = TypeVar("T")


def covariates_of_trials(mapping: Mapping, people: People, study: Study) -> dict[str, FloatArray | ObjectArray]:
    """Return each covariate of trials that a mapping gives: a number, or a level or None, for each participant.

    Parameters
    ----------
    mapping : Mapping
    people : People
    study : Study
    """
    return {
        name: _values(name, covariate, mapping, people)
        for name, covariate in study.covariates.items()
        if covariate.of_trials and name in mapping.characteristics
    }


def _values(name: str, covariate: Covariate, mapping: Mapping, people: People) -> FloatArray | ObjectArray:
    given = {trial: of_trial(mapping.characteristics[name], trial, mapping) for trial in dict.fromkeys(people.trials)}
    if covariate.categorical:
        return objects([given[trial] for trial in people.trials])
    numbers = {trial: None if value is None else number_of(value) for trial, value in given.items()}
    return np.array([numbers[trial] for trial in people.trials], dtype=np.float64)  # None is NaN


def of_trial(given: T | dict[str, T], name: str, mapping: Mapping) -> T | None:
    """Return what is given for all trials of a mapping, or for one by its name or its code."""
    if not isinstance(given, dict):
        return given
    rule = mapping.trial if isinstance(mapping.trial, TrialColumn) else None
    codes = [str(code) for code, meant in rule.codes.items() if meant == name] if rule else []
    values = [value for value in given if rule.named(value) == name] if rule and rule.prefix else []
    return next((given[word] for word in (name, *codes, *values) if word in given), None)
