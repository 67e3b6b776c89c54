"""Units that files and study files use for the same quantity, and the factor between them.

Factors are exact by definition (international yard and pound, 1959; a month as 365.25/12 days).
"""

from __future__ import annotations

from reportgen.spec.normal import normal

# unit: (quantity, how many of the quantity's first unit it holds)
_UNITS: dict[str, tuple[str, float]] = {
    "days": ("time", 1.0),
    "weeks": ("time", 7.0),
    "months": ("time", 365.25 / 12),
    "years": ("time", 365.25),
    "g": ("mass", 1.0),
    "kg": ("mass", 1000.0),
    "lb": ("mass", 453.59237),
    "stone": ("mass", 6350.29318),
    "mm": ("length", 1.0),
    "cm": ("length", 10.0),
    "m": ("length", 1000.0),
    "in": ("length", 25.4),
    "ft": ("length", 304.8),
    "minutes": ("duration", 1.0),
    "hours": ("duration", 60.0),
    "%": ("share", 0.01),
    "fraction": ("share", 1.0),
}
_ALIASES = {
    "day": "days",
    "week": "weeks",
    "month": "months",
    "year": "years",
    "lbs": "lb",
    "inches": "in",
    "percent": "%",
}


def _known(unit: str) -> tuple[str, float] | None:
    word = _plain(unit)
    return _UNITS.get(_ALIASES.get(word, word))


def _plain(unit: str) -> str:
    """The sign of a millionth and the Greek letter are two characters, and look alike."""
    return normal(unit).replace("\u03bc", "\u00b5")


def same_unit(one: str, other: str) -> bool:
    """Whether two units are one, in whatever characters they are written.

    Examples
    --------
    >>> same_unit("\u00b5mol/l", "\u03bcmol/l "), same_unit("mm", "cm")
    (True, False)
    """
    return _plain(one) == _plain(other)


def convertible(unit: str, to: str) -> bool:
    """Whether a number in one unit can be written in the other.

    Examples
    --------
    >>> convertible("lb", "kg"), convertible("lb", "years"), convertible("kg/m2", "kg/m2")
    (True, False, True)
    """
    if same_unit(unit, to):
        return True
    item, other = _known(unit), _known(to)
    return item is not None and other is not None and item[0] == other[0]


def factor(unit: str, to: str) -> float:
    """Return what a number in `unit` is multiplied with to be in `to`.

    Raises
    ------
    ValueError
        Where the two are not the same quantity.

    Examples
    --------
    >>> factor("months", "years"), factor("kg", "kg")
    (0.08333333333333333, 1.0)
    """
    if not convertible(unit, to):
        raise ValueError(f"no conversion from '{unit}' to '{to}' is known")
    item, other = _known(unit), _known(to)
    return 1.0 if item is None or other is None or item == other else item[1] / other[1]
