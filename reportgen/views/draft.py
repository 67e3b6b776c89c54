"""What one place of the report holds before its figures are drawn.

A draft knows its table and how its figures are drawn, not the figures: those are made afterwards, all of a report at
once, by whichever process is free.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from importlib import import_module
from inspect import signature
from string import ascii_lowercase
from typing import Any, TypeVar

from reportgen.houses import PLAIN, House, Width
from reportgen.records.artefact import Drawing, Table
from reportgen.records.numbers import Inline, Number
from reportgen.task import Task, function_name
from reportgen.views.chosen import Tried, not_drawn

TriedT = TypeVar("TriedT", bound=Tried)


@dataclass(frozen=True, slots=True)
class Sketch:
    """A figure still to be drawn: a function at the top of a module with all its arguments, so that any process can do it."""

    draw: partial[tuple[Drawing, ...]]
    title: Inline = ()
    width: Width = "page"

    def task(self, name: str, house: House = PLAIN) -> Task:
        """Return the drawing as a task, in the style of a house and as wide as it prints such a figure."""
        house = house.in_width(self.width)
        bound = signature(self.draw.func).bind(*self.draw.args, **self.draw.keywords)
        asked = {"draw": function_name(self.draw.func), "house": house, "arguments": dict(bound.arguments)}
        return Task(name, draw_for, asked, cost=0.3)


def draw_for(draw: str, house: House, arguments: Mapping[str, Any]) -> tuple[Drawing, ...]:
    """Draw a figure in the style of a house.

    Parameters
    ----------
    draw : str
        Name of the function that draws, as `task.function_name` gives it.
    house : House
    arguments : mapping
        Of that function, by parameter.
    """
    from reportgen.figures.theme import drawn_for

    module, _, name = draw.partition(":")
    with drawn_for(house):
        drawings: tuple[Drawing, ...] = getattr(import_module(module), name)(**arguments)
        return drawings


@dataclass(frozen=True, slots=True)
class Draft:
    """A part whose figures are still to be drawn."""

    title: Inline = ()
    sketches: tuple[Sketch, ...] = ()
    table: Table | None = None
    notes: tuple[Inline, ...] = ()


NOBODY: Inline = ("No trial has participants who can be analysed: there is nothing to show.",)


def with_notes(drafts: Sequence[Draft], notes: tuple[Inline, ...]) -> tuple[Draft, ...]:
    """Return drafts with what is to be said of all of them below the last; a draft of words where there is none."""
    if not drafts:
        return (Draft(notes=notes),)
    return (*drafts[:-1], replace(drafts[-1], notes=drafts[-1].notes + notes))


def or_nobody(drafts: Sequence[Draft]) -> tuple[Draft, ...]:
    """Return drafts; where there is none, a sentence in their place."""
    return tuple(drafts) or (Draft(notes=(NOBODY,)),)


def sketched(
    parts: Sequence[tuple[Inline, tuple[TriedT, ...]]],
    asked: Sequence[TriedT],
    name: str,
    sketch: Callable[[tuple[TriedT, ...], str], tuple[Sketch, ...]],
    titles: Mapping[str, Number],
) -> tuple[Draft, ...]:
    """Return a part for each drawing; a sentence below the last names what has nothing to draw.

    Parameters
    ----------
    parts : sequence of (title, results)
        With something to draw.
    asked : sequence
        All results that the artefact asks for.
    name : str
        Of the artefact.
    sketch : callable
        Returns the sketches of the results of a part, whose files have a stem.
    titles : mapping
        Of the comparisons, by name.
    """
    names = stems(name, len(parts))
    drafts = [Draft(title, sketch(results, stem)) for stem, (title, results) in zip(names, parts, strict=True)]
    drawn = [result for _, results in parts for result in results]
    missing = [result for result in asked if result not in drawn]
    return with_notes(drafts, (not_drawn(missing, titles),)) if missing else or_nobody(drafts)


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
