"""What leaves and what does not: what a report suppresses, of which kind, how often and why; no value is among it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic

from reportgen.records.kinds import Count, Setting
from reportgen.records.numbers import Inline, Number, V, plain


@dataclass(frozen=True, slots=True)
class Suppressed:
    """Suppressed things of one kind, in one analysis or section, for one reason."""

    where: str
    kind: str
    reason: str
    count: int


@dataclass(frozen=True, slots=True)
class Egress(Generic[V]):
    """Everything that a report suppresses.

    Attributes
    ----------
    minimum_cell : Number or None
        Of the policy; None where the policy guards nobody.
    kinds : tuple of (str, Number)
        Each kind with how many of it are suppressed, in all analyses.
    suppressed : tuple of Suppressed
        The same by analysis and reason.
    """

    minimum_cell: Setting[V] | None
    kinds: tuple[tuple[str, Count[V]], ...]
    suppressed: tuple[Suppressed, ...]

    @property
    def sentence(self) -> Inline[V]:
        """What is suppressed and why, in one sentence."""
        if self.minimum_cell is None:
            return (
                "The study's policy suppresses nothing: small counts and effects based on few participants are printed.",
            )
        if not self.kinds:
            return ("Nothing had to be suppressed.",)
        parts: list[str | V] = ["Suppressed, as fewer than ", self.minimum_cell]
        parts.append(" participants of an arm contribute to them or could be derived from them: ")
        for i, (kind, count) in enumerate(self.kinds):
            parts += [", " if i else "", f"{kind} (", count, ")"]
        return (*parts, ".")

    @property
    def line(self: Egress[Number]) -> str:
        """The same for a terminal; empty where nothing is suppressed."""
        return plain(self.sentence) if self.kinds else ""
