"""What is taken out of a pooled effect beside which some trials are suppressed, so that these cannot be worked out.

In: a pooled effect as recorded from all trials. Out: the record that may be disclosed: rows without effect, arms and weight; the
pooled effect, its interval and p with their printed digits only; and none of the checks beside them, for each is one more
equation. Which trials are suppressed, and whether that is enough, says `analyses.suppressed_trials`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

import numpy as np

from reportgen.records.estimate import Estimate
from reportgen.records.model import PooledEffect, TrialEstimate
from reportgen.records.numbers import MINUS, Value
from reportgen.records.printed import Figures, text_of
from reportgen.release.rules import (
    PRINTED_DIGITS,
    WORKED_OUT,
    each_number,
    suppress_estimate,
    suppress_value,
    suppressed_arms,
)

DISCLOSED_WITHOUT_CHECKS = ("effect", "low", "high", "p")
CHECKS = (
    "scaled_checks",
    "absolute",
    "dispersion",
    "sites",
    "heterogeneity",
    "common",
    "two_stage",
    "two_stage_heterogeneity",
)
FINGERPRINTS = ("evaluations", "criterion", "df_unfloored")  # of the data, and of use to an auditor only
BOUNDS = {"<0.001": (0.0, 0.001), ">0.99": (0.99, 1.0), ">1000": (1000.0, 2000.0)}


def is_equation(number: Value) -> bool:
    """Whether a number tells anything of the outcomes: no count, no quotation and no factor of a declared scale does."""
    return (
        number.value is not None
        and bool(np.isfinite(number.value))
        and number.unit not in ("participants", "trials")
        and number.measure != "factor"
    )


def suppressed_rows(
    rows: Sequence[TrialEstimate[Value]], suppressed: Mapping[str, str], minimum: int
) -> tuple[TrialEstimate[Value], ...]:
    """Return the rows of trials, some of them without effect, arms and weight."""
    return tuple(
        _suppressed_row(row, suppressed[row.trial.words], minimum) if row.trial.words in suppressed else row
        for row in rows
    )


def _suppressed_row(row: TrialEstimate[Value], reason: str, minimum: int) -> TrialEstimate[Value]:
    n_control, n_intervention = suppressed_arms((row.n_control, row.n_intervention), minimum, reason)
    return replace(
        row,
        n_control=n_control,
        n_intervention=n_intervention,
        estimate=suppress_estimate(row.estimate, reason),
        weight=suppress_value(row.weight, reason),
        status="suppressed",
        reason=reason,
        # "one value in all" tells something of each of its people
        not_adjusted=tuple(item for item in row.not_adjusted if item.kind == "unmeasured"),
    )


def printed_digits(record: PooledEffect[Value], figures: Figures) -> PooledEffect[Value]:
    """Return a record whose values have no more digits than their texts, without fingerprints of the data."""
    rounded: PooledEffect[Value] = each_number(record, lambda item: rounded_number(item, figures))
    changes: dict[str, Any] = {name: suppress_value(getattr(rounded, name), WORKED_OUT) for name in FINGERPRINTS}
    return replace(rounded, **changes)


def rounded_number(number: Value, figures: Figures) -> Value:
    """Return a number with the middle of its printed digits as value.

    Examples
    --------
    >>> figures = Figures({"effect": 2, "p": 2})
    >>> effect, p = Value("a.effect", 1.2345, measure="effect"), Value("a.p", 2e-7, measure="p")
    >>> rounded_number(effect, figures).value, rounded_number(p, figures).value
    (1.23, 0.0005)
    """
    if not is_equation(number):
        return number
    text = text_of(number, figures)
    low, high = digits_of(text)
    decimals = len(text.partition(".")[2]) + 1
    middle = round((low + high) / 2, decimals)
    if number.kind == "log":  # what is printed is the ratio
        middle = math.log(middle if middle > 0 else high / 2)
    return replace(number, value=middle, reason=PRINTED_DIGITS)


def without_checks(record: PooledEffect[Value]) -> PooledEffect[Value]:
    """Return a record that tells of the pooled effect its size, interval and p alone, and of trials no weight."""

    def suppress(part: Any) -> Any:
        return each_number(part, lambda number: suppress_value(number, WORKED_OUT))

    estimate = Estimate(
        *(
            getattr(record.estimate, field.name)
            if field.name in DISCLOSED_WITHOUT_CHECKS
            else suppress(getattr(record.estimate, field.name))
            for field in fields(Estimate)
        )
    )
    scaled = record.scaled and replace(
        record.scaled,
        predicted_low=suppress(record.scaled.predicted_low),
        predicted_high=suppress(record.scaled.predicted_high),
    )
    changes: dict[str, Any] = {name: suppress(getattr(record, name)) for name in CHECKS}
    disclosed = replace(
        record,
        estimate=estimate,
        scaled=scaled,
        by_trial=tuple(replace(row, weight=suppress(row.weight)) for row in record.by_trial),
        outside_reasons=None,
        **changes,
    )
    # whether the variance between trials is zero is not disclosed either
    ok: PooledEffect[Value] = each_number(
        disclosed, lambda number: replace(number, status="ok") if number.status == "boundary" else number
    )
    return replace(ok, status="ok", reason="") if disclosed.status == "boundary" else ok


def digits_of(text: str) -> tuple[float, float]:
    """Return between which values a number lies whose printed digits are known.

    Examples
    --------
    >>> digits_of("1.5"), digits_of("<0.001"), digits_of("−12")
    ((1.45, 1.55), (0.0, 0.001), (-12.5, -11.5))
    """
    if text in BOUNDS:
        return BOUNDS[text]
    value = float(text.replace(MINUS, "-"))
    half = 0.5 * 10.0 ** -len(text.partition(".")[2])
    return value - half, value + half
