"""How a study file names what it declared: baselines, `all`, and names that nobody declared.

In: words of the study file. Out: what they stand for, and problems with the place of the guilty word.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from reportgen.errors import Problem, did_you_mean
from reportgen.spec.source import Source, Step

BASELINE = "baseline "
ALL = "all"


def baseline_of(variable: str) -> str | None:
    """Return the outcome or instrument whose baseline value is meant, or None for a covariate.

    Examples
    --------
    >>> baseline_of("baseline RMDQ"), baseline_of("age")
    ('RMDQ', None)
    """
    return variable.removeprefix(BASELINE) if variable.startswith(BASELINE) else None


def expanded(names: Iterable[str], declared: Iterable[str]) -> tuple[str, ...]:
    """Return the names, with `all` standing for everything declared.

    Examples
    --------
    >>> expanded(("all",), ["pain", "function"])
    ('pain', 'function')
    """
    listed = tuple(names)
    return tuple(declared) if listed == (ALL,) else listed


def unknown(
    kind: str,
    name: str,
    known: Iterable[str],
    source: Source,
    *path: Step,
    key: bool = False,
    suited: Iterable[str] = (),
) -> Iterator[Problem]:
    """Yield that a name was not declared; `suited` are those that could stand there, `key` says that it is one."""
    choices = list(known)
    if name not in choices and name not in source.pruned:
        hint = did_you_mean(name, list(suited) or choices)
        yield Problem(f"there is no {kind} '{name}'", source.at(*path, key=key), hint)


def each_unknown(
    kind: str, names: Iterable[str], known: Iterable[str], source: Source, *path: Step
) -> Iterator[Problem]:
    """Yield that names of a list were not declared."""
    choices = list(known)
    for index, name in enumerate(names):
        yield from unknown(kind, name, choices, source, *path, index)
