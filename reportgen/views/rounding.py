"""A record as an artefact with its own rounding prints it: the same numbers, fewer or more decimals, ids of their own.

Done to records, so that a table and a figure of the same artefact cannot round differently.
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

from reportgen.records.estimate import Estimate
from reportgen.records.model import (
    Characteristic,
    Heterogeneity,
    PooledEffect,
    Scaled,
    Share,
    Summary,
    TrialEstimate,
    TwoStageHeterogeneity,
)
from reportgen.records.numbers import Number, reprinted
from reportgen.records.partition import NormalInterval
from reportgen.spec.shows import RoundingHere

RecordT = TypeVar("RecordT")

KINDS: dict[type, dict[str, str]] = {
    Estimate: {
        "effect": "effect",
        "low": "effect",
        "high": "effect",
        "std_error": "heterogeneity",
    },
    NormalInterval: dict.fromkeys(("low", "high"), "effect"),
    Scaled: dict.fromkeys(("effect", "low", "high", "predicted_low", "predicted_high"), "scaled"),
    Heterogeneity: {
        **dict.fromkeys(("tau2", "tau"), "heterogeneity"),
        **dict.fromkeys(("i2", "i2_low", "i2_high"), "percent"),
        **dict.fromkeys(("predicted_low", "predicted_high"), "effect"),
    },
    TwoStageHeterogeneity: dict.fromkeys(("tau2", "tau2_low", "tau2_high"), "heterogeneity"),
    TrialEstimate: {"weight": "percent"},
    PooledEffect: {"criterion": "heterogeneity", "df_unfloored": "heterogeneity"},
    Summary: {"mean": "mean", "sd": "mean"},
    Share: {"percent": "percent"},
    Characteristic: {"difference": "heterogeneity"},
}
"""Which field of which record is a number of which kind of the policy's rounding."""


def rounded(record: RecordT, rounding: RoundingHere, name: str) -> RecordT:
    """Return a record whose numbers have the decimals of one artefact.

    Parameters
    ----------
    record : dataclass
    rounding : RoundingHere
        Kinds that are None keep the policy's decimals, and their ids.
    name : str
        Name of the artefact; ids end with `@name`.
    """
    decimals = {kind: value for kind, value in rounding.model_dump().items() if value is not None}
    return _rounded(record, decimals, name) if decimals else record


def _rounded(value: Any, decimals: dict[str, int], name: str) -> Any:
    if isinstance(value, tuple):
        return tuple(_rounded(part, decimals, name) for part in value)
    if isinstance(value, Number) or not is_dataclass(value) or isinstance(value, type):
        return value
    kinds = KINDS.get(type(value), {})
    changes = {}
    for field in fields(value):
        part = getattr(value, field.name)
        if isinstance(part, Number):
            kind = kinds.get(field.name)
            if kind in decimals:
                changes[field.name] = reprinted(part, decimals[kind], name)
        else:
            changes[field.name] = _rounded(part, decimals, name)
    return replace(value, **changes)
