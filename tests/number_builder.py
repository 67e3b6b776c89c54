"""Numbers as pages print them, for tests that draw or tabulate a record without a build."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from reportgen.records.numbers import Link, Number, Status, Value
from reportgen.records.printed import Figures, number_of
from reportgen.release.values import USUAL_LIMIT, Values


@dataclass(frozen=True)
class NumberBuilder:
    """Makes values as release does, and prints each at once."""

    prefix: str
    source: str
    decimals: dict[str, int]
    n: int | None = None
    trials: int | None = None
    status: Status = "ok"
    limits: tuple[float, ...] = (USUAL_LIMIT,)
    link: Link = "identity"

    @property
    def values(self) -> Values:
        many = (1000, 1000)
        builder = Values(self.prefix, self.source, self.n, self.trials, self.status, self.limits, arms=many, minimum=5)
        return builder.at(link=self.link)

    def at(self, *names: str, **changes: Any) -> NumberBuilder:
        builder = self.values.at(*names)
        kept = {"n": self.n, "trials": self.trials, "status": self.status, "limits": self.limits, "link": self.link}
        return NumberBuilder(
            **{"prefix": builder.prefix, "source": self.source, "decimals": self.decimals, **kept, **changes}
        )

    def print(self, one: Value) -> Number:
        return number_of(one, Figures(self.decimals))

    def bounds(self, *given: Any, **more: Any) -> tuple[Number, Number]:
        low, high = self.values.bounds(*given, **more)
        return self.print(low), self.print(high)

    def count(self, *given: Any, **more: Any) -> Number:
        return self.print(self.values.count(*given, **more))

    def fixed(self, *given: Any, **more: Any) -> Number:
        return self.print(self.values.fixed(*given, **more))

    def share(self, *given: Any, **more: Any) -> Number:
        return self.print(self.values.share(*given, **more))

    def p(self, *given: Any, **more: Any) -> Number:
        return self.print(self.values.p(*given, **more))

    def limit_of_p(self, *given: Any, **more: Any) -> Number:
        return self.print(self.values.limit_of_p(*given, **more))

    def figure(self, *given: Any, **more: Any) -> Number:
        return self.print(self.values.figure(*given, **more))

    def none(self, *given: Any, **more: Any) -> Number:
        return self.print(self.values.none(*given, **more))

    def suppressed(self, *given: Any, **more: Any) -> Number:
        return self.print(self.values.suppressed(*given, **more))

    def quote(self, *given: Any, **more: Any) -> Number:
        return self.print(self.values.quote(*given, **more))
