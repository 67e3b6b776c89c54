"""Makes the values of one analysis: their ids and their source, what they rest on, and what is fixed of their decimals."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

from reportgen.records.numbers import DASH, Link, Measure, Status, Value, slug
from reportgen.release.rules import TOO_FEW, few_of, released_arms, small_or_dash, suppress_value

GUARDED = ("effect", "scaled", "p")
"""Measures of an effect: none is disclosed unless it is known on how many people of either arm it rests."""
LINKED = ("effect",)
"""Measures that are ratios where effects are: a standard error and a variance stay on the log scale."""
FEW = 100  # of so many people or draws, one is a per cent
USUAL_LIMIT = 0.05  # of p values, whatever else a report compares them with


class UnguardedError(ValueError):
    """Somebody tells of an effect and does not say on how many people of either arm it rests: a defect of ours."""


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
    arms : tuple of int, or None
        People of either arm on whom the effects rest; without them none can be disclosed.
    minimum : int, or None
        The policy's `minimum_cell`: effects that rest on fewer people of an arm are suppressed; without it none can be disclosed.
    few : str
        What is said of them then.
    link : {'identity', 'log'}
        Of effects: with `log` their values are logarithms of the ratios that are printed.

    Examples
    --------
    >>> values = Values("pooled", "analyses.pooled", minimum=5)
    >>> values.at("Pain", n=120, arms=(60, 60)).fixed("effect", 1.25, "effect", "points").id
    'pooled.pain.effect'
    >>> values.at("Pain", n=63, arms=(3, 60)).fixed("effect", 1.25, "effect", "points").status
    'suppressed'
    >>> values.at("Pain").fixed("effect", 1.25, "effect", "points")
    Traceback (most recent call last):
        ...
    reportgen.release.values.UnguardedError: 'pooled.pain.effect' tells of an effect without the people on whom it rests
    """

    prefix: str
    source: str
    n: int | None = None
    trials: int | None = None
    status: Status = "ok"
    limits: tuple[float, ...] = (USUAL_LIMIT,)
    outcome: str = ""
    arms: tuple[int, int] | None = None
    minimum: int | None = None
    few: str = TOO_FEW
    link: Link = "identity"

    @property
    def rests_on_few(self) -> bool:
        """Whether so few people of an arm stand behind the effects that these would show them."""
        return self.arms is not None and few_of(self.arms, self.minimum or 0)

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

    def sides(self) -> tuple[Value, Value]:
        """People of either arm; neither where one is too small to be disclosed, for their sum is disclosed.

        Raises
        ------
        UnguardedError
            Arms or policy are not known.
        """
        if self.arms is None or self.minimum is None:
            raise UnguardedError(f"'{self.prefix}' tells of arms that are not known")
        counts = self.count("n control", self.arms[0]), self.count("n intervention", self.arms[1])
        return released_arms(counts, self.minimum)

    def cell(self, name: str, n: int, suppress: bool, reason: str) -> Value:
        """People in a cell of a table; of one that is suppressed, whether it is small or suppressed for another."""
        if not suppress:
            return self.count(name, n)
        return self.suppressed(name, small_or_dash(n, self.minimum or 0), reason, "participants")

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
        outcome = self.outcome if measure in ("effect", "heterogeneity", "mean") else ""
        kind = "log" if self.link == "log" and measure in LINKED else "number"
        own = {"measure": measure, "clear": clear, "outcome": outcome, "decimals": decimals, "kind": kind}
        result = self._make(name, float(value), unit, **own)
        if measure not in GUARDED:
            return result
        if self.arms is None or self.minimum is None:
            raise UnguardedError(f"'{result.id}' tells of an effect without the people on whom it rests")
        return suppress_value(result, self.few) if self.rests_on_few else result

    def beside(self, name: str, value: float, other: Value) -> Value:
        """A number with the unit and the decimals of another one, as their difference from a third has them."""
        results = {"measure": other.measure, "decimals": other.decimals, "outcome": other.outcome}
        return self._make(name, value, other.unit, **results)

    def bounds(
        self,
        low: float,
        high: float,
        measure: Measure,
        unit: str = "",
        reason: str = "",
        names: tuple[str, str] = ("ci low", "ci high"),
    ) -> tuple[Value, Value]:
        """The ends of an interval; one that is clear of no effect is printed clear of it."""
        clear = (0.0,) if low > 0 or high < 0 else ()
        return (
            self.fixed(names[0], low, measure, unit, reason, clear=clear),
            self.fixed(names[1], high, measure, unit, reason, clear=clear),
        )

    def share(self, name: str, part: int, whole: int, reason: str = "") -> Value:
        """A share in per cent: none is 0% and all are 100%, and nothing else is. One of a few people has no decimals by default."""
        measure: Measure = "percent" if whole >= FEW else "percent of few"
        return self.fixed(name, 100 * part / whole if whole else None, measure, "%", reason, clear=(0.0, 100.0))

    def share_of_draws(self, name: str, percent: float, draws: int) -> Value:
        """A share of random draws in per cent, with no more decimals than their number warrants, whatever a study prints of people."""
        decimals = 1 if draws > FEW else 0
        return self.fixed(name, percent, "share of draws", "%", clear=(0.0, 100.0), decimals=decimals)

    def p(self, name: str, value: float | None, reason: str = "") -> Value:
        """A p value."""
        return self.fixed(name, value, "p", "", reason, clear=self.limits)

    def figure(self, name: str, value: float, decimals: int, unit: str = "") -> Value:
        """A number with decimals of its own: a setting, or a value that people have."""
        return self._make(name, float(value), unit, decimals=decimals)

    def limit_of_p(self, name: str, value: float, decimals: int) -> Value:
        """A limit that p values are compared with: printed with decimals of its own, and set as p values are."""
        return self._make(name, float(value), "", measure="limit of p", decimals=decimals)

    def none(self, name: str, reason: str, unit: str = "") -> Value:
        """A number that cannot be had, with the reason."""
        return self._make(name, None, unit, words=DASH, status="not estimable", reason=reason)

    def suppressed(self, name: str, words: str, reason: str, unit: str = "") -> Value:
        """A number that is known and not disclosed: a cell too small to print. The value leaves no trace."""
        return self._make(name, None, unit, words=words, status="suppressed", reason=reason, n=None)

    def failed(self, name: str, words: str) -> Value:
        """What is said of an analysis that failed."""
        return self._make(name, None, "", words=words, kind="quotation", status="failed", reason=words)

    def quote(self, name: str, words: str, reason: str = "") -> Value:
        """Words of the study file or the data, printed as they are."""
        return self._make(name, None, "", words=words, kind="quotation", reason=reason)
