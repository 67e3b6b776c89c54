"""What is found while one mapping is read: problems, and the lines of the ledger.

Reading never stops at the first problem. Each step notes what it finds and goes on with what is still sound; whoever
called decides at the end.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from reportgen.data.codes import Cell, code_key, shown_code, twins
from reportgen.data.repository import LEFT_OUT, TO_LEFT_OUT, LedgerLine
from reportgen.errors import Problem
from reportgen.origin import Origin
from reportgen.spec.load import LocatedMapping
from reportgen.spec.source import Step

Path = tuple[Step, ...]


def data_path(number: int, *path: Step) -> Path:
    """Return the path of something in the nth data file, from 0."""
    return ("data", number, *path)


@dataclass(slots=True)
class Notes:
    """Problems and ledger lines of one mapping, in the order in which they were found."""

    located: LocatedMapping
    problems: list[Problem] = field(default_factory=list)
    counts: dict[tuple[str, str, str, str, str, Origin], int] = field(default_factory=dict)

    def problem(self, message: str, path: Path, hint: str = "", where: str = "") -> None:
        """Note a problem, at the line of the mapping that set the rule."""
        self.problems.append(Problem(message, self.origin(path), hint, where))

    def note_codes(self, codes: Iterable[Cell], path: Path, missing: Iterable[Cell] = ()) -> None:
        """Note codes that are written twice, and codes that mean missing as well: neither rule may win silently."""
        listed = list(codes)
        self.note_twins(listed, path)
        absent = {code_key(code) for code in missing}
        for code in listed:
            if code_key(code) in absent:
                message = f"{shown_code(code)} is a code here but means missing in this file"
                self.problem(
                    message, (*path, code), "Remove it from `missing`, or give the variable its own `missing`."
                )

    def note_twins(self, codes: Iterable[Cell], path: Path) -> None:
        """Note codes that are one code written in two ways."""
        for item, other in twins(codes):
            message = f"{shown_code(item)} and {shown_code(other)} are the same code"
            self.problem(message, (*path, other), "Remove one of them: numbers match however they are written.")

    def count(self, kind: str, variable: str, rule: str, trials: Iterable[str], unit: str, path: Path) -> None:
        """Note what a rule did: `trials` names the trial of each participant or value that it touched."""
        origin = self.origin(path)
        for trial, touched in Counter(trials).items():
            entry = (trial, kind, variable, rule, unit, origin)
            self.counts[entry] = self.counts.get(entry, 0) + touched

    def leave_out(self, variable: str, reason: str, trials: Iterable[str], path: Path) -> None:
        """Note whom a rule excludes."""
        self.count(LEFT_OUT, variable, f"{reason}{TO_LEFT_OUT}", trials, "participants", path)

    def origin(self, path: Path) -> Origin:
        """Return where a path of the mapping was written.

        What may be a list may be written without one: `data: {...}` is the file 0.
        """
        steps: list[Step] = []
        here: Any = self.located.source.content
        for step in path:
            if isinstance(step, int) and isinstance(here, dict) and step not in here:
                continue
            steps.append(step)
            within = isinstance(here, dict) and step in here
            within |= isinstance(here, list) and isinstance(step, int) and step < len(here)
            here = here[step] if within else None
        return self.located.source.at(*steps)

    def ledger(self) -> list[LedgerLine]:
        """Return the lines, a rule and trial each."""
        return [
            LedgerLine(trial, kind, variable, rule, count, unit, origin)
            for (trial, kind, variable, rule, unit, origin), count in self.counts.items()
        ]
