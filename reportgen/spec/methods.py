"""What a study file may ask for: the options of each method, one class each, and what is common to all of them.

`METHODS` has the class for each `method`; those of this version are in `study`. A method from elsewhere is a class of its own,
registered by `@method`.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, TypeVar

from reportgen.spec.model import Node
from reportgen.spec.registered import Registered, add


class Analysis(Node):
    """A named analysis: each method has a class of its own, with its options.

    `reports_participants` tells whether its record says who entered each outcome, follow-up and comparison, as the artefact `analysed` shows.
    """

    reports_participants: ClassVar[bool] = False

    method: str


METHODS: dict[str, type[Analysis]] = {}
"""The options of each method, by the word behind `method`."""

AnalysisT = TypeVar("AnalysisT", bound=Analysis)
AnyAnalysis = Annotated[Analysis, Registered("method", METHODS)]


def method(options: type[AnalysisT]) -> type[AnalysisT]:
    """Register the options of a method under the word that its `method` allows.

    Raises
    ------
    ValueError
        Another class has that word.
    """
    return add(options, "method", METHODS)
