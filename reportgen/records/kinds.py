"""Of which kind a number of a record is: said by the type of its field, so that whoever rounds a record need not know it.

A field is `kinds.Effect[V]`, or `tuple[kinds.Words[V], ...]`; to a type checker all of them are `V`: a `Value` where a record is
made, a `Number` on a page. Artefacts round the first five kinds.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass
from functools import lru_cache
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

from reportgen.records.numbers import Number, V

Name = Literal[
    "effect",
    "mean",
    "percent",
    "scaled",
    "heterogeneity",
    "p",
    "df",
    "statistic",
    "count",
    "size",
    "measured",
    "published",
    "setting",
    "words",
]


@dataclass(frozen=True, slots=True)
class Kind:
    """The kind of a number."""

    name: Name


Effect = Annotated[V, Kind("effect")]
"""An effect, a contrast of two, or an end of an interval: the value as analysed, printed as its `EffectScale` says."""
Mean = Annotated[V, Kind("mean")]
"""A mean or a standard deviation."""
Percent = Annotated[V, Kind("percent")]
"""A share in per cent."""
Scaled = Annotated[V, Kind("scaled")]
"""An effect on a scale of 0 to 100, or an end of its interval."""
Heterogeneity = Annotated[V, Kind("heterogeneity")]
"""A standard error, a variance or a standard deviation between trials, or a standardised difference."""
P = Annotated[V, Kind("p")]
"""A p value, which has significant figures."""
Df = Annotated[V, Kind("df")]
"""Degrees of freedom."""
Statistic = Annotated[V, Kind("statistic")]
"""What a fit or a comparison is judged by: a criterion, Q, an index."""
Count = Annotated[V, Kind("count")]
"""A whole number of something."""
Size = Annotated[V, Kind("size")]
"""A share of the people of a search, of all as 1."""
Measured = Annotated[V, Kind("measured")]
"""A value that people have, such as a cut or a percentile: release alone decides how many decimals it has."""
Published = Annotated[V, Kind("published")]
"""A number of a publication, or ours and the difference beside it, with its decimals."""
Setting = Annotated[V, Kind("setting")]
"""What the study file asks for."""
Words = Annotated[V, Kind("words")]
"""A quotation from the study file or the data."""


@lru_cache(maxsize=256)
def kinds_of(record: type) -> dict[str, str]:
    """Return the kind of each field of a class of records that holds numbers.

    Parameters
    ----------
    record : type
        A dataclass.

    Raises
    ------
    TypeError
        A field is a number and does not say of which kind.

    Examples
    --------
    >>> from reportgen.records.estimate import Estimate
    >>> kinds_of(Estimate)["low"], kinds_of(Estimate)["std_error"]
    ('effect', 'heterogeneity')
    """
    hints = get_type_hints(record, localns={"Number": Number}, include_extras=True)
    kinds = {field.name: _kind(hints[field.name]) for field in fields(record)}
    unknown = sorted(name for name, kind in kinds.items() if kind == "")
    if unknown:
        raise TypeError(
            f"{record.__name__}.{unknown[0]} does not say which kind of number it is: see reportgen.records.kinds"
        )
    return {name: kind for name, kind in kinds.items() if kind}


def _kind(hint: Any) -> str | None:
    """Return the kind of a type; an empty one of a number that does not say it; None of what is no number.

    Running text holds numbers of any kind, whose figures are those of the sentence.
    """
    if hint in (Number, V):
        return ""
    inside = get_args(hint)
    if is_dataclass(get_origin(hint)):
        return None
    if get_origin(hint) is Annotated:
        return next((mark.name for mark in inside[1:] if isinstance(mark, Kind)), _kind(inside[0]))
    if str in inside and (V in inside or Number in inside):
        return None
    return next((kind for part in inside if (kind := _kind(part)) is not None), None)
