"""What can go wrong, in words a statistician can act on, and the exit code that says so.

A problem says what, where and how to fix it. An error carries all problems found at once; only the command line prints
them, and it never shows a traceback unless asked to.
"""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import zip_longest
from typing import ClassVar

from reportgen.origin import Origin

EXIT_DONE = 0
EXIT_ANALYSIS_FAILED = 1
EXIT_INVALID = 2
EXIT_NOT_WRITTEN = 3
EXIT_INTERRUPTED = 130
EXIT_TERMINATED = 143

DEBUG = "REPORTGEN_DEBUG"
"""The environment variable that asks for tracebacks: processes that are started inherit it."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong.

    Parameters
    ----------
    message : str
        What is wrong, one sentence without a full stop.
    origin : Origin, optional
        The place in the study file or mapping that is wrong, or that set the rule which the data break.
    hint : str
        How to fix it.
    where : str
        The place in a data file, as "raw/witt.xlsx, column 'age', rows 4, 17"; empty for problems of the study file.

    Examples
    --------
    >>> print(Problem("unknown key 'modertors'", Origin("study.yaml", 2, 1, 9, "modertors: []"), "Did you mean 'moderators'?"))
    study.yaml:2:1: unknown key 'modertors'
        2 | modertors: []
          | ^^^^^^^^^
      Did you mean 'moderators'?
    """

    message: str
    origin: Origin | None = None
    hint: str = ""
    where: str = ""

    def __str__(self) -> str:
        place = self.where or (str(self.origin) if self.origin else "")
        message = shortened(self.message)
        lines = [f"{place}: {message}" if place else message]
        if self.where and self.origin:
            lines.append(f"  the rule is set at {self.origin}")
        if self.origin and self.origin.text:
            lines.append(self.origin.excerpt())
        lines.extend(f"  {shortened(line)}" for line in self.hint.splitlines())
        return "\n".join(lines)


class ReportgenError(Exception):
    """Base of all errors that reportgen raises on purpose: a list of problems and an exit code."""

    exit_code: ClassVar[int] = EXIT_INVALID

    def __init__(self, problems: Iterable[Problem] | str) -> None:
        listed = (Problem(problems),) if isinstance(problems, str) else tuple(problems)
        self.problems: tuple[Problem, ...] = listed
        super().__init__("\n".join(str(problem) for problem in listed))


class SpecError(ReportgenError):
    """The study file or a mapping is wrong."""


class DataError(ReportgenError):
    """A trial's data break a rule of the study file."""


class RenderError(ReportgenError):
    """An output could not be written."""

    exit_code = EXIT_NOT_WRITTEN


def shortened(text: str, most: int = 1000) -> str:
    """Return a text that may repeat what a user wrote, without its middle where it is endless.

    Examples
    --------
    >>> shortened("there is no trial 'aaaaaaaaaaaaaaaaaaaaaaaa'", 30)
    "there is no trial …aaaaaaaaaa'"
    """
    return text if len(text) <= most else f"{text[: most * 6 // 10]}…{text[len(text) - most * 4 // 10 + 1 :]}"


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return "Did you mean 'x'?" for the nearest known word, else the list of what is known.

    Examples
    --------
    >>> did_you_mean("modertors", ["moderators", "outcomes"])
    "Did you mean 'moderators'?"
    """
    choices = [str(choice) for choice in known]
    near = difflib.get_close_matches(str(word), choices, n=1, cutoff=0.6)
    same = [choice for choice in choices if choice.casefold() == str(word).casefold()]
    if near or same:
        meant = (same or near)[0]
        unseen = difference(str(word), meant)
        return f"Did you mean '{meant}'?{f' They differ: {unseen}.' if unseen else ''}"
    if not choices:
        return "None is declared yet."
    return "Known here: " + ", ".join(choices) + "."


def difference(one: str, other: str) -> str:
    """Say by which characters two texts differ, where the eye may not see it: dashes, apostrophes, other alphabets.

    Examples
    --------
    >>> difference("O'Neill", "O’Neill"), difference("age", "\u0430ge"), difference("P-1", "P1"), difference("Zoe", "Zoë")
    ("' is U+0027, ’ is U+2019", 'a is U+0061, \u0430 is U+0430', '', '')
    """
    pair = next(((a, b) for a, b in zip_longest(one, other, fillvalue="") if a != b), ("", ""))
    if all(sign.isascii() or unicodedata.name(sign, "").startswith("LATIN") for sign in pair):
        return ""
    return ", ".join(f"{_named(sign)} is U+{ord(sign):04X}" for sign in pair if sign)


def _named(sign: str) -> str:
    return sign if sign.isprintable() and not sign.isspace() else unicodedata.name(sign, "a sign")
