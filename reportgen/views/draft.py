"""What one place of the report holds before its figures are drawn.

A draft knows its table and how its figures are drawn, not the figures: those are made afterwards, all of a report at
once, by whichever process is free.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from inspect import signature
from string import ascii_lowercase

from reportgen.records.artefact import Drawing, Table
from reportgen.records.numbers import Inline
from reportgen.task import Task


@dataclass(frozen=True, slots=True)
class Sketch:
    """A figure still to be drawn: a function at the top of a module with all its arguments, so that any process can do it."""

    draw: partial[tuple[Drawing, ...]]
    title: Inline = ()

    def task(self, name: str) -> Task:
        """Return the drawing as a task."""
        bound = signature(self.draw.func).bind(*self.draw.args, **self.draw.keywords)
        return Task(name, self.draw.func, bound.arguments, cost=0.3)


@dataclass(frozen=True, slots=True)
class Draft:
    """A part whose figures are still to be drawn."""

    title: Inline = ()
    sketches: tuple[Sketch, ...] = ()
    table: Table | None = None
    notes: tuple[Inline, ...] = ()


NOBODY: Inline = ("No trial has eligible participants: there is nothing to show.",)


def with_notes(drafts: Sequence[Draft], notes: tuple[Inline, ...]) -> tuple[Draft, ...]:
    """Return drafts with what is to be said of all of them below the last; a draft of words where there is none."""
    if not drafts:
        return (Draft(notes=notes),)
    return (*drafts[:-1], replace(drafts[-1], notes=drafts[-1].notes + notes))


def or_nobody(drafts: Sequence[Draft]) -> tuple[Draft, ...]:
    """Return drafts; where there is none, a sentence in their place."""
    return tuple(drafts) or (Draft(notes=(NOBODY,)),)


def stems(name: str, number: int) -> list[str]:
    """Return what the names of the files of each part begin with: the artefact's name, with a letter where there are several.

    Examples
    --------
    >>> stems("fig1", 1), stems("fig1", 2)
    (['fig1'], ['fig1a', 'fig1b'])
    """
    return [name + (letter(index) if number > 1 else "") for index in range(number)]


def letter(index: int) -> str:
    """Return a, b, …, z, aa, ab, …"""
    return (letter(index // 26 - 1) if index >= 26 else "") + ascii_lowercase[index % 26]
