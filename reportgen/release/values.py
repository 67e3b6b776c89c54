"""Makes the values of one analysis: their ids and their source, what they rest on, and what is fixed of their decimals."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

from reportgen.records.numbers import DASH, Measure, Status, Value, slug

USUAL_LIMIT = 0.05  # of p values, whatever else a report compares them with


@dataclass(frozen=True, slots=True)
class Values:
    """Makes the values of one analysis.

    Parameters
    ----------
    prefix : str
        What the ids start with.
    source : str
        Key of the provenance.
    n, trials : int or None
        Participants and trials on which the values rest.
    status : str
        Of the fit.
    limits : tuple of float
        Of p values: what a text says of them must hold for what is printed.
    outcome : str
        The outcome whose own decimals come first.

    Examples
    --------
    >>> Values("pooled", "analyses.pooled").at("Pain", n=120).fixed("effect", 1.25, "effect", "points").id
    'pooled.pain.effect'
    """

    prefix: str
    source: str
    n: int | None = None
    trials: int | None = None
    status: Status = "ok"
    limits: tuple[float, ...] = (USUAL_LIMIT,)
    outcome: str = ""

    def at(self, *names: str, **changes: Any) -> Values:
        """Return the same with further names in the ids, and for values that rest on other people and trials."""
        return replace(self, prefix=f"{self.prefix}.{slug(*names)}" if names else self.prefix, **changes)

    def _make(self, name: str, value: float | None, unit: str, **more: Any) -> Value:
        made: dict[str, Any] = {
            "unit": unit, "n": self.n, "trials": self.trials, "status": self.status, "source": self.source, **more
        }  # fmt: skip
        return Value(f"{self.prefix}.{slug(name)}", value, **made)

    def count(self, name: str, value: int, unit: str = "participants") -> Value:
        """A whole number of something."""
        return self._make(name, int(value), unit, decimals=0)

    def fixed(
        self,
        name: str,
        value: float | None,
        measure: Measure,
        unit: str = "",
        reason: str = "",
        *,
        clear: tuple[float, ...] = (),
        decimals: int | None = None,
    ) -> Value:
        """A number with the decimals of its measure; None or NaN is not estimable and prints as a dash.

        `decimals` are the fewest; without a measure, they are its own.
        """
        if value is None or math.isnan(value):
            return self.none(name, reason, unit)
        outcome = self.outcome if measure in ("effect", "heterogeneity") else ""
        return self._make(name, float(value), unit, measure=measure, clear=clear, outcome=outcome, decimals=decimals)

    def beside(self, name: str, value: float, other: Value) -> Value:
        """A number with the unit and the decimals of another one, as their difference from a third has them."""
        made = {"measure": other.measure, "decimals": other.decimals, "outcome": other.outcome}
        return self._make(name, value, other.unit, **made)

    def bounds(
        self,
        low: float,
        high: float,
        measure: Measure,
        unit: str = "",
        reason: str = "",
        names: tuple[str, str] = ("ci low", "ci high"),
    ) -> tuple[Value, Value]:
        """The ends of an interval; one that is clear of zero is printed clear of it."""
        clear = (0.0,) if low > 0 or high < 0 else ()
        return (
            self.fixed(names[0], low, measure, unit, reason, clear=clear),
            self.fixed(names[1], high, measure, unit, reason, clear=clear),
        )

    def share(self, name: str, part: int, whole: int, reason: str = "") -> Value:
        """A share in per cent: none is 0% and all are 100%, and nothing else is."""
        return self.fixed(name, 100 * part / whole if whole else None, "percent", "%", reason, clear=(0.0, 100.0))

    def p(self, name: str, value: float | None, reason: str = "") -> Value:
        """A p value."""
        return self.fixed(name, value, "p", "", reason, clear=self.limits)

    def figure(self, name: str, value: float, decimals: int, unit: str = "") -> Value:
        """A number with decimals of its own: a setting, or a value that people have."""
        return self._make(name, float(value), unit, decimals=decimals)

    def none(self, name: str, reason: str, unit: str = "") -> Value:
        """A number that cannot be had, with the reason."""
        return self._make(name, None, unit, words=DASH, status="not estimable", reason=reason)

    def hidden(self, name: str, words: str, reason: str, unit: str = "") -> Value:
        """A number that is known and not told: a cell too small to print. The value leaves no trace."""
        return self._make(name, None, unit, words=words, status="suppressed", reason=reason, n=None)

    def quote(self, name: str, words: str) -> Value:
        """Words of the study file or the data, printed as they are."""
        return self._make(name, None, "", words=words, kind="quotation")
