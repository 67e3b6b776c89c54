"""A record as an artefact with its own rounding prints it: the same numbers, fewer or more decimals, ids of their own.

Done to records, so that a table and a figure of the same artefact cannot round differently. Which number is rounded how, the
fields of the records say themselves.
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

from reportgen.records.kinds import kinds_of
from reportgen.records.numbers import Number, reprinted
from reportgen.spec.shows import RoundingHere

RecordT = TypeVar("RecordT")


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


def _rounded(value: Any, decimals: dict[str, int], name: str, kind: str | None = None) -> Any:
    if isinstance(value, Number):
        return reprinted(value, decimals[kind], name) if kind in decimals else value
    if isinstance(value, tuple):
        return tuple(_rounded(part, decimals, name, kind) for part in value)
    if not is_dataclass(value) or isinstance(value, type):
        return value
    kinds = kinds_of(type(value))
    parts = {field.name: getattr(value, field.name) for field in fields(value)}
    return replace(value, **{key: _rounded(part, decimals, name, kinds.get(key)) for key, part in parts.items()})
