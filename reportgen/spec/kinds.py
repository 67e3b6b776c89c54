"""Which of the five kinds of YAML file of a study stands at a path: reported at once where it is another than was asked for.

Else a mapping that is named instead of its study would be blamed for a dozen keys that it lacks and a dozen that it has.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Literal

from reportgen.errors import Problem

Kind = Literal["a study file", "a mapping", "a simulation file", "a fidelity file", "an evaluation file"]


@dataclass(frozen=True, slots=True)
class _Mark:
    """By which keys a kind is known, how many of them it takes, and what to do where another stands in its place."""

    keys: frozenset[str]
    least: int
    hint: str


_MARKS: dict[Kind, _Mark] = {
    "a study file": _Mark(
        frozenset({"study", "arm_classes", "follow_up", "outcomes", "comparisons", "analyses", "report"}),
        2,
        "Name the study file: the one that lists the mappings under `trials:`.",
    ),
    "a mapping": _Mark(
        frozenset({"trial", "data", "arms", "visits", "variables"}), 2, "Name the mapping of a trial file here."
    ),
    "a simulation file": _Mark(
        frozenset({"simulation"}), 1, "Name the simulation file: the one that begins with `simulation:`."
    ),
    "a fidelity file": _Mark(
        frozenset({"sections"}), 1, "Name the file here that lists the numbers of the publication under `sections:`."
    ),
    "an evaluation file": _Mark(
        frozenset({"evaluation"}), 1, "Name the evaluation file: the one that begins with `evaluation:`."
    ),
}


def of_another_kind(shown: str, keys: Collection[Any], wanted: Kind) -> Problem | None:
    """Return that a file is of another kind; None where it may be of the right one, or of none.

    Parameters
    ----------
    shown : str
        How messages name the file.
    keys : collection
        Its keys at the top.
    wanted : str
        What it should be.

    Examples
    --------
    >>> print(of_another_kind("north.yaml", ["trial", "data", "arms"], "a study file"))
    'north.yaml' is a mapping, not a study file
      Name the study file: the one that lists the mappings under `trials:`.
    """
    if _MARKS[wanted].keys & set(keys):
        return None
    found = [kind for kind, mark in _MARKS.items() if len(mark.keys & set(keys)) >= mark.least]
    if len(found) != 1:
        return None
    return Problem(f"'{shown}' is {found[0]}, not {wanted}", hint=_MARKS[wanted].hint)
