"""An effect that was fitted, as a record may tell it: with its interval and p, or suppressed where it rests on few people."""

from __future__ import annotations

import math
from dataclasses import fields, replace
from typing import Any

import numpy as np

from reportgen.records.estimate import Estimate
from reportgen.records.numbers import Measure, Value, slug
from reportgen.release.rules import suppress_value
from reportgen.release.values import Values
from reportgen.stats import Effect

NAN = math.nan


def multiplied(number: Value, factor: float, measure: Measure, unit: str, name: str) -> Value:
    """Return a number that was disclosed, in another unit; one that was not stays so, for the same reason.

    Parameters
    ----------
    number : Value
    factor : float
    measure : str
        Whose decimals it has there.
    unit : str
    name : str
        In place of the last part of its id.

    Examples
    --------
    >>> multiplied(Value("a.effect", 1.5, measure="effect"), 100 / 24, "scaled", "of 100", "scaled effect")
    Value(id='a.scaled-effect', value=6.25, words='', measure='scaled', decimals=None, clear=(), outcome='', unit='of 100', n=None, trials=None, status='ok', reason='', source='', kind='number')
    """
    value = None if number.value is None else number.value * factor
    prefix = number.id.rpartition(".")[0]
    return replace(
        number, id=f"{prefix}.{slug(name)}", value=value, measure=measure, outcome="", decimals=None, unit=unit
    )


def scalar(value: Any) -> float:
    """Return the one number of an effect with one component."""
    return float(np.asarray(value, dtype=float).reshape(-1)[0])


def estimate_record(effect: Effect | None, level: float, values: Values, unit: str, reason: str) -> Estimate[Value]:
    """Return an effect with interval and p; dashes with the reason where there is none.

    Parameters
    ----------
    effect : Effect or None
    level : float
        Of the interval.
    values : Values
        Knows the people of either arm on whom the effect rests; it is suppressed where they are few.
    unit : str
    reason : str
        Why there is no effect.
    """
    ends = (NAN, NAN) if effect is None else effect.interval(level)
    low, high = values.bounds(scalar(ends[0]), scalar(ends[1]), "effect", unit, reason)
    estimate = Estimate(
        effect=values.fixed("effect", scalar(effect.estimate) if effect else NAN, "effect", unit, reason),
        low=low,
        high=high,
        std_error=values.fixed("se", scalar(effect.std_error) if effect else NAN, "heterogeneity", unit, reason),
        df=values.fixed("df", scalar(effect.df) if effect else NAN, "df", "", reason),
        p=values.p("p", scalar(effect.p_value) if effect else NAN, reason),
    )
    if not values.rests_on_few:
        return estimate
    return Estimate(*(suppress_value(getattr(estimate, field.name), values.few) for field in fields(Estimate)))
