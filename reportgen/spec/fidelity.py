"""The fidelity file: what a publication prints, number by number, and which of the study's results reproduces each.

`fidelity:` of the study file names it. A number without `ours` is one that the study does not reproduce: it is listed as
such, with `why`. Whether `ours` names a result can be known only when the results are there; `analyses.fidelity` asks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from pydantic import model_validator

from reportgen.errors import Problem
from reportgen.spec.model import Node, Printed, Word
from reportgen.spec.source import Source


class PrintedNumber(Node):
    """A printed number: what it is, its stable key, as printed, and the id of our result.

    `default` is the same result with the inference of the study, where `ours` follows the inference of the publication.
    `why` says why a number without `ours` has none.
    `interval` is the id before `.ci-low` and `.ci-high`, where it is to be said whether our interval covers the number.
    """

    name: Word
    """What the number is, as the table of the comparison calls it."""
    key: Word
    """A key that no other number has, by which the number is known for good."""
    printed: Printed
    """The number as printed, in quotes so that last zeros stay, as in `"1.30"`."""
    ours: Word | None = None
    """Id of our result, as in results.csv. Without it the number is listed as not reproduced."""
    default: Word | None = None
    """Id of the same result by the study's own inference, where `ours` follows that of the publication."""
    interval: Word | None = None
    """Id before `.ci-low` and `.ci-high`, where it is to be said whether our interval covers the number."""
    why: str = ""
    """Why a number without `ours` is not reproduced."""

    @model_validator(mode="after")
    def _beside_our_estimate(self) -> PrintedNumber:
        for key in ("default", "interval"):
            if getattr(self, key) is not None and self.ours is None:
                raise ValueError(f"`{key}` requires `ours`: name our result as well")
        if self.why and self.ours is not None:
            raise ValueError("`why` is for numbers that are not reproduced, and this one names `ours`")
        return self


class Section(Node):
    """The numbers of one table, or of one paragraph."""

    title: str
    """Table or paragraph of the publication, as in `Table 2`."""
    numbers: tuple[PrintedNumber, ...]
    """The numbers that it prints."""


class Fidelity(Node):
    """A whole fidelity file."""

    source: str = ""
    """The publication, as it is cited."""
    sections: tuple[Section, ...]
    """Its numbers, by table or paragraph."""
    contradictions: tuple[str, ...] = ()
    """Where the publication contradicts itself, a sentence each; printed with the comparison."""


def check_fidelity(fidelity: Fidelity, source: Source) -> list[Problem]:
    """Return every key that stands for two numbers."""
    return list(_repeated(fidelity, source))


def _repeated(fidelity: Fidelity, source: Source) -> Iterator[Problem]:
    seen: Counter[str] = Counter()
    for i, section in enumerate(fidelity.sections):
        for j, number in enumerate(section.numbers):
            seen[number.key] += 1
            if seen[number.key] == 2:
                place = source.at("sections", i, "numbers", j, "key")
                yield Problem(f"the key '{number.key}' stands for two numbers", place, "Give each its own key.")
