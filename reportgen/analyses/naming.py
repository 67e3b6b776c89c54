"""What outcomes and adjusters are called, what outcomes are measured in, and how settings of the study file are written."""

from __future__ import annotations

import math

from reportgen.records.effect_scale import MEAN_DIFFERENCE, SMD, EffectScale
from reportgen.records.numbers import Link, Value
from reportgen.release.values import Values
from reportgen.spec.analyses import Pooled
from reportgen.spec.outcomes import MEASURES, Measure, better_of, instruments_of
from reportgen.spec.study import Study

PERCENTAGE_POINTS = "percentage points"


def unit_of(name: str, study: Study) -> str:
    """Return the unit of effects on an outcome: its own, and none of standardised ones."""
    return "" if study.outcomes[name].standardised else natural_unit_of(name, study)


def natural_unit_of(name: str, study: Study) -> str:
    """Return the unit of an outcome; `points` on a scale that has none, and nothing on one of 0 to 1, nor of events.

    A rescaled outcome has no use for the unit of its instrument.
    """
    outcome = study.outcomes[name]
    if outcome.of_events or outcome.without_unit:
        return outcome.unit
    instrument = study.instruments[instruments_of(outcome, name)[0]]
    return (
        outcome.unit
        or (instrument.unit if outcome.range is None else "")
        or unit_of_scale(outcome.range or instrument.range)
    )


def pooled_unit_of(name: str, study: Study) -> str:
    """Return the unit of the pooled effects on an outcome: that of the outcome, or percentage points of a risk difference."""
    return PERCENTAGE_POINTS if study.outcomes[name].effect_measure == "risk difference" else unit_of(name, study)


def scale_of(name: str, study: Study) -> EffectScale:
    """Return the scale on which models of an outcome act, those of moderators and of searches included.

    Continuous outcomes are turned so that higher is better; events are not, and the scale knows which side of one is.
    """
    outcome = study.outcomes[name]
    return _scale(name, study, MEASURES[outcome.kind][0] if outcome.in_two_stages else outcome.effect_measure)


def pooled_scale_of(name: str, study: Study) -> EffectScale:
    """Return the scale of the pooled effects on an outcome: its measure, where the study file chooses one."""
    return _scale(name, study, study.outcomes[name].effect_measure)


def _scale(name: str, study: Study, measure: Measure) -> EffectScale:
    """Return the scale of a measure: the one place where a kind of outcome is given its words."""
    outcome = study.outcomes[name]
    if not outcome.of_events:
        return SMD if outcome.standardised else MEAN_DIFFERENCE
    link: Link = "identity" if measure == "risk difference" else "log"
    better = better_of(outcome, study.instruments[instruments_of(outcome, name)[0]])
    return EffectScale(measure, measure, f"{measure}s", link, better)


def unit_of_scale(limits: tuple[float, float] | None) -> str:
    """Return what a scale counts that has no unit: points, or nothing where it ends at 1, as do probabilities.

    Examples
    --------
    >>> unit_of_scale((0, 24)), unit_of_scale((0, 1)), unit_of_scale(None)
    ('points', '', 'points')
    """
    return "" if limits and max(abs(limits[0]), abs(limits[1])) <= 1 else "points"


def adjuster_labels(node: Pooled, study: Study, values: Values) -> tuple[Value, ...]:
    """Return what the models of an analysis adjust for: covariates by label, the rest as the study file names it."""
    return tuple(values.quote(f"adjust {i}", adjuster_label(name, study)) for i, name in enumerate(node.adjust_for, 1))


def adjuster_label(name: str, study: Study) -> str:
    """Return what an adjuster is called: a covariate by its label, the rest as the study file names it."""
    covariate = study.covariates.get(name)
    return (covariate.label or name) if covariate else name


def level_number(level: float, values: Values) -> Value:
    """Return the level of the intervals in per cent, with as many decimals as it needs."""
    return percent_number("level", level, values)


def percent_number(name: str, share: float, values: Values) -> Value:
    """Return a share that the study file sets in per cent, with as many decimals as it needs."""
    return setting_number(name, round(100 * share, 6), values, "%")


def setting_number(name: str, value: float, values: Values, unit: str = "") -> Value:
    """Return a number that the study file sets, with as many decimals as it needs."""
    return values.figure(name, value, setting_decimals(value), unit)


def limit_of_p(name: str, value: float, values: Values) -> Value:
    """Return a limit of p values that the study file sets, with as many decimals as it needs."""
    return values.limit_of_p(name, value, setting_decimals(value))


def setting_decimals(value: float) -> int:
    """Return as many decimals as a setting needs, six at most.

    Examples
    --------
    >>> setting_decimals(5.0), setting_decimals(0.125)
    (0, 3)
    """
    return next((d for d in range(6) if math.isclose(round(value, d), value, rel_tol=1e-9)), 6)
