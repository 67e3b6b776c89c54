"""Records of odds ratios, made from records of mean differences: the same numbers as logarithms, on another scale."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

from reportgen.records.effect_scale import EffectScale
from reportgen.records.kinds import kinds_of
from reportgen.records.numbers import Kind, Link, Number, linked
from reportgen.records.peeling import Frontier

RecordT = TypeVar("RecordT")
ODDS = EffectScale("odds ratio", "odds ratio", "odds ratios", "log", "lower")
GOOD_ODDS = replace(ODDS, favours="higher")


def ratios(record: RecordT, scale: EffectScale = ODDS, factor: float = 0.2) -> RecordT:
    """Return a record whose effects are those of the record times a factor, without unit; as the scale says, logarithms of ratios."""
    return _ratios(record, scale, factor, "")  # type: ignore[no-any-return]


def _ratios(value: Any, scale: EffectScale, factor: float, kind: str) -> Any:
    if isinstance(value, Number):
        return _times(value, factor, scale.link) if kind == "effect" else value
    if isinstance(value, EffectScale):
        return scale
    if isinstance(value, tuple):
        return tuple(_ratios(part, scale, factor, kind) for part in value)
    if not is_dataclass(value) or isinstance(value, type):
        return value
    kinds = kinds_of(type(value))
    parts = {field.name: getattr(value, field.name) for field in fields(value)}
    made = {name: _ratios(part, scale, factor, kinds.get(name, "")) for name, part in parts.items()}
    if isinstance(value, Frontier):
        drawn = ("effect", "low", "high", "outside", "difference")
        made |= {name: tuple(factor * item for item in getattr(value, name)) for name in drawn}
    if "unit" in made and isinstance(getattr(value, "scale", None), EffectScale):
        made["unit"] = replace(made["unit"], text="")
    return replace(value, **made)


def _times(number: Number, factor: float, link: Link) -> Number:
    if number.value is None:
        return number
    value = factor * number.value
    kind: Kind = "log" if link == "log" else number.kind
    return replace(number, value=value, text=linked(value, 2, link), unit="", kind=kind)
