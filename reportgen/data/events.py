"""Events and counts as files hold them: what is neither an event nor none, a count that is no count, an exposure of nothing.

In: the values of an instrument at one visit, and what outcomes of events read from it. Out: problems with file, column and row.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reportgen.data.arms import counted
from reportgen.data.columns import BoolArray, FloatArray
from reportgen.data.reading import Numbers, Reading
from reportgen.spec.outcomes import instruments_of, uses_of
from reportgen.spec.study import Study


@dataclass(frozen=True, slots=True)
class Uses:
    """What outcomes of events read from an instrument.

    Attributes
    ----------
    kinds : frozenset of str
        `binary`, `count` and `exposure`; empty where the values are measurements.
    events : tuple of float
        The values that are an event of any binary outcome: places of levels, or 1.
    levels : tuple of str
        The levels of the instrument.
    """

    kinds: frozenset[str] = frozenset()
    events: tuple[float, ...] = ()
    levels: tuple[str, ...] = ()


def event_uses(name: str, study: Study) -> Uses:
    """Return what the outcomes of a study read from an instrument as events, counts or exposure."""
    instrument = study.instruments[name]
    events = {
        code
        for key, outcome in study.outcomes.items()
        if outcome.kind == "binary" and name in instruments_of(outcome, key)
        for code in event_codes(outcome.event, instrument.levels)
    }
    return Uses(uses_of(name, study.outcomes), tuple(sorted(events)), instrument.levels)


def event_codes(event: tuple[str, ...], levels: tuple[str, ...]) -> tuple[float, ...]:
    """Return the values that are the event: the places of its levels, or 1 where there are no levels.

    Examples
    --------
    >>> event_codes(("better", "much better"), ("worse", "same", "better", "much better")), event_codes((), ())
    ((2.0, 3.0), (1.0,))
    """
    return tuple(float(levels.index(level)) for level in event if level in levels) if levels else (1.0,)


def note_no_events(numbers: Numbers, reading: Reading, uses: Uses, *, at_baseline: bool) -> None:
    """Note values that are no events, no counts or no exposure, and events at baseline.

    Parameters
    ----------
    numbers : Numbers
        Of one visit.
    reading : Reading
    uses : Uses
    at_baseline : bool
        Whether that visit is the baseline.
    """
    values = numbers.values
    present = ~np.isnan(values)
    if "binary" in uses.kinds and not uses.levels:
        odd = present & ~np.isin(values, (0.0, 1.0))
        hint = "Write `codes` that give 1 for the event and 0 for none, or declare `levels` of the instrument and the `event`."
        _note(odd, "neither 0 nor 1, but a binary outcome is read from it", hint, numbers, reading)
    if "count" in uses.kinds:
        odd = present & ~_is_count(values)
        hint = "A count of events is 0, 1, 2, …: correct the file, or convert with `times`."
        _note(odd, "no number of events", hint, numbers, reading)
    if "exposure" in uses.kinds and not at_baseline:
        odd = present & ~((values > 0) & np.isfinite(values))
        hint = "Time at risk is above 0; where it is not known, list what stands for it in `missing`."
        _note(odd, "no exposure in which events could be counted", hint, numbers, reading)
    if at_baseline and "binary" in uses.kinds:
        before = present & np.isin(values, uses.events)
        if before.any():
            message = f"{counted(before)} with the event at baseline, before anything could cause it"
            hint = (
                "Name in `visits` those after randomisation, or leave out with `keep` who has had the event already. What "
                "was so at baseline is a covariate."
            )
            reading.problem(message, hint=hint, where=numbers.at(before))


def _is_count(values: FloatArray) -> BoolArray:
    return np.asarray((values >= 0) & (values == np.floor(values)))


def _note(odd: BoolArray, what: str, hint: str, numbers: Numbers, reading: Reading) -> None:
    if odd.any():
        reading.problem(f"{numbers.examples(odd)} is {what}", hint=hint, where=numbers.at(odd))
