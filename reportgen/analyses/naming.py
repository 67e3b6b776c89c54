"""What outcomes are called and measured in, and how the level of an interval is written."""

from __future__ import annotations

from reportgen.analyses.selection import instruments_of
from reportgen.records.numbers import Number, Press
from reportgen.spec.study import Study


def unit_of(name: str, study: Study) -> str:
    """Return the unit of an outcome; `points` on a scale that has none.

    A rescaled outcome has no use for the unit of its instrument.
    """
    outcome = study.outcomes[name]
    instrument = study.instruments[instruments_of(outcome, name)[0]]
    return outcome.unit or (instrument.unit if outcome.range is None else "") or "points"


def outcome_label(name: str, study: Study) -> str:
    """Return the title of an outcome: its own, else the name of its instrument, else its key."""
    outcome = study.outcomes[name]
    if outcome.title or outcome.first_available:
        return outcome.title or name
    return study.instruments[outcome.instrument or name].name or name


def level_number(level: float, press: Press) -> Number:
    """Return the level of the intervals in per cent, with as many decimals as it needs."""
    percent = round(100 * level, 6)
    return press.figure("level", percent, 0 if percent == int(percent) else 1, "%")
