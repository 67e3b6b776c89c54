"""How a search of events chose its moderators from a screening: the same test in data and draws, and what that differs in.

In: the moderators that are searched by one step each, and by the models that the screening prints. Out: those of which the two
say different things.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic

from reportgen.records import kinds
from reportgen.records.numbers import V


@dataclass(frozen=True, slots=True)
class ScreenedChoice(Generic[V]):
    """The choice of a search of events.

    Attributes
    ----------
    more, fewer : tuple of Number
        Labels of the moderators that are searched, or not, other than the p of the screening would have it.
    """

    more: tuple[kinds.Words[V], ...]
    fewer: tuple[kinds.Words[V], ...]
