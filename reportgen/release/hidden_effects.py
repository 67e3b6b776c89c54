"""What is taken out of a pooled effect beside which some trials are hidden, so that these cannot be worked out.

In: a pooled effect as recorded from all trials. Out: the record that may be told: rows without effect, arms and weight; the
pooled effect, its interval and p with their printed digits only; and none of the checks beside them, for each is one more
equation. Which trials are hidden, and whether that is enough, says `analyses.hidden_trials`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

import numpy as np

from reportgen.records.estimate import Estimate
from reportgen.records.model import PooledEffect, TrialEstimate
from reportgen.records.numbers import MINUS, Number, Value
from reportgen.records.printed import Figures, text_of
from reportgen.release.rules import PRINTED_DIGITS, WORKED_OUT, each_number, hidden_arms, withheld, withheld_estimate

TOLD_WITHOUT_CHECKS = ("effect", "low", "high", "p")
CHECKS = ("heterogeneity", "common", "two_stage", "two_stage_heterogeneity")
FINGERPRINTS = ("evaluations", "criterion", "df_unfloored")  # of the data, and of use to an auditor only
BOUNDS = {"<0.001": (0.0, 0.001), ">0.99": (0.99, 1.0)}


def is_equation(number: Value | Number) -> bool:
    """Whether a number tells anything of the outcomes: no count and no quotation does."""
    return (
        number.value is not None and bool(np.isfinite(number.value)) and number.unit not in ("participants", "trials")
    )


def hidden_rows(
    rows: Sequence[TrialEstimate[Value]], hidden: Mapping[str, str], minimum: int
) -> tuple[TrialEstimate[Value], ...]:
    """Return the rows of trials, some of them without effect, arms and weight."""
    return tuple(
        _hidden_row(row, hidden[row.trial.words], minimum) if row.trial.words in hidden else row for row in rows
    )


def _hidden_row(row: TrialEstimate[Value], reason: str, minimum: int) -> TrialEstimate[Value]:
    n_control, n_intervention = hidden_arms((row.n_control, row.n_intervention), minimum, reason)
    return replace(
        row,
        n_control=n_control,
        n_intervention=n_intervention,
        estimate=withheld_estimate(row.estimate, reason),
        weight=withheld(row.weight, reason),
        status="suppressed",
        reason=reason,
        # "one value in all" tells something of each of its people
        not_adjusted=tuple(one for one in row.not_adjusted if one.kind == "unmeasured"),
    )


def printed_digits(record: PooledEffect[Value], figures: Figures) -> PooledEffect[Value]:
    """Return a record whose values have no more digits than their texts, without fingerprints of the data."""
    rounded: PooledEffect[Value] = each_number(record, lambda one: rounded_number(one, figures))
    changes: dict[str, Any] = {name: withheld(getattr(rounded, name), WORKED_OUT) for name in FINGERPRINTS}
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
    return replace(number, value=round((low + high) / 2, decimals), reason=PRINTED_DIGITS)


def without_checks(record: PooledEffect[Value]) -> PooledEffect[Value]:
    """Return a record that tells of the pooled effect its size, interval and p alone, and of trials no weight."""

    def hide(part: Any) -> Any:
        return each_number(part, lambda number: withheld(number, WORKED_OUT))

    estimate = Estimate(
        *(
            getattr(record.estimate, field.name)
            if field.name in TOLD_WITHOUT_CHECKS
            else hide(getattr(record.estimate, field.name))
            for field in fields(Estimate)
        )
    )
    scaled = record.scaled and replace(
        record.scaled,
        predicted_low=hide(record.scaled.predicted_low),
        predicted_high=hide(record.scaled.predicted_high),
    )
    changes: dict[str, Any] = {name: hide(getattr(record, name)) for name in CHECKS}
    told = replace(
        record,
        estimate=estimate,
        scaled=scaled,
        by_trial=tuple(replace(row, weight=hide(row.weight)) for row in record.by_trial),
        why_outside=None,
        **changes,
    )
    # whether the variance between trials is zero is not told either
    ok: PooledEffect[Value] = each_number(
        told, lambda number: replace(number, status="ok") if number.status == "boundary" else number
    )
    return replace(ok, status="ok", reason="") if told.status == "boundary" else ok


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
