"""What an instrument holds must suit every outcome that reads it: a measurement, an event, a count or an exposure is not another.

In: a study file whose parts are each well written. Out: problems with their places. Only what the study file says of an instrument
counts: its range, unit, direction and items, and which outcomes read it. What has `levels` is checked with the outcomes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from reportgen.errors import Problem
from reportgen.spec.outcomes import Instrument, Outcome, instruments_of
from reportgen.spec.source import Source, Step
from reportgen.spec.study import Study

Path = tuple[Step, ...]
Held = Literal["a measurement", "an event", "a count", "an exposure"]
BOTH: frozenset[frozenset[Held]] = frozenset(
    {frozenset({"a measurement", "an exposure"}), frozenset({"a count", "an exposure"})}
)
"""What one instrument may be at once: days in hospital are an outcome, and the time at risk of an infection there."""


@dataclass(frozen=True, slots=True)
class _Use:
    outcome: str
    held: Held
    listed: bool
    place: Path


def check_instruments(study: Study, source: Source) -> Iterator[Problem]:
    """Yield what outcomes read from instruments that hold something else."""
    for name, instrument in study.instruments.items():
        if not instrument.levels:
            yield from _read_twice(name, study, source)
    for name, outcome in study.outcomes.items():
        for used, place in places_of(name, outcome, study):
            if outcome.of_events and not study.instruments[used].levels:
                yield from _no_score(used, outcome, study.instruments[used], source, *place)
        if len(outcome.first_available) > 1:
            yield from _unlike(name, outcome, study, source)


def places_of(name: str, outcome: Outcome, study: Study) -> Iterator[tuple[str, Path]]:
    """Yield the instruments of an outcome that are declared, each with the place that names it."""
    here: Path = ("outcomes", name)
    for index, used in enumerate(instruments_of(outcome, name)):
        if used in study.instruments:
            listed = (*here, "first_available", index)
            yield used, listed if outcome.first_available else (*here, "instrument") if outcome.instrument else here


def _uses(instrument: str, study: Study) -> Iterator[_Use]:
    held: dict[str, Held] = {"continuous": "a measurement", "binary": "an event", "count": "a count"}
    for name, outcome in study.outcomes.items():
        for used, place in places_of(name, outcome, study):
            if used == instrument:
                yield _Use(name, held[outcome.kind], len(outcome.first_available) > 1, place)
        if outcome.exposure == instrument:
            yield _Use(name, "an exposure", False, ("outcomes", name, "exposure"))


def _read_twice(name: str, study: Study, source: Source) -> Iterator[Problem]:
    """An instrument is what the outcome says that reads it alone, before what one says that lists it among others."""
    uses = sorted(_uses(name, study), key=lambda use: use.listed)
    for use in uses[1:]:
        first = uses[0]
        if use.held == first.held or frozenset({use.held, first.held}) in BOTH:
            continue
        message = f"'{name}' is read as {use.held}, and as {first.held} by the outcome '{first.outcome}'"
        hint = "Name another instrument here, or give both outcomes the `kind` that it holds."
        yield Problem(message, source.at(*use.place), hint)


def _no_score(name: str, outcome: Outcome, instrument: Instrument, source: Source, *place: Step) -> Iterator[Problem]:
    """A score or a measurement is neither an event nor a count."""
    kind, what = ("binary", "an event") if outcome.kind == "binary" else ("a count", "a count")
    message, hint = "", f"Name an instrument that holds {what}, or correct what `instruments` says of '{name}'."
    if instrument.items is not None:
        message = f"'{name}' is a score of {instrument.items} items"
    elif outcome.kind == "binary" and instrument.unit:
        message = f"'{name}' is measured in {instrument.unit}"
    elif outcome.kind == "binary" and instrument.range not in (None, (0, 1)):
        message = f"'{name}' has a range of {_range(instrument)}, and an event without `levels` is 1 or 0"
    elif outcome.kind == "count" and instrument.range is not None and instrument.range[0] < 0:
        message = f"'{name}' has a range of {_range(instrument)}, and no count is below 0"
    if message:
        yield Problem(f"{message}, but the outcome is {kind}", source.at(*place), hint)


def _range(instrument: Instrument) -> str:
    low, high = instrument.range or (0.0, 0.0)
    return f"{low:g} to {high:g}"


def _unlike(name: str, outcome: Outcome, study: Study, source: Source) -> Iterator[Problem]:
    """Instruments of which a trial brings the first that it has, though they do not hold the same."""
    (first, _), *others = [*places_of(name, outcome, study)] or [("", ())]
    exposures = {other.exposure for other in study.outcomes.values()}
    for used, place in others:
        item, instrument = study.instruments[used], study.instruments[first]
        message, hint = "", f"Remove one of the two, or correct what `instruments` says of '{used}'."
        if (used in exposures) is not (first in exposures):
            time, event = (used, first) if used in exposures else (first, used)
            message = f"'{time}' is an exposure and '{event}' is none: neither can stand for the other"
            hint = "Remove one of the two."
        elif outcome.kind == "count" and item.unit != instrument.unit:
            units = [f"'{key}' {_in(study.instruments[key])}" for key in (used, first)]
            message = f"{units[0]} and {units[1]}: counts are not converted"
        elif outcome.kind == "count" and _is_score(item) is not _is_score(instrument):
            score, count = (used, first) if _is_score(item) else (first, used)
            message = f"'{score}' has `range` and `better`, as a score has, and '{count}' has not"
            hint = f"Remove one of the two; if '{score}' counts the same events, remove its `better` and write `good` of the outcome."
        if message:
            yield Problem(message, source.at(*place), hint)


def _in(instrument: Instrument) -> str:
    return f"is in {instrument.unit}" if instrument.unit else "has no unit"


def _is_score(instrument: Instrument) -> bool:
    return instrument.range is not None and instrument.better is not None
