"""What a report shows before any analysis: its trials, what they measured, and when."""

from __future__ import annotations

from functools import partial
from typing import Any

from reportgen import figures, tables
from reportgen.records.model import Records
from reportgen.spec.shows import Availability, IncludedTrials, OutcomeMeasures
from reportgen.views.draft import Draft, Sketch
from reportgen.views.view import Context, Show


def _included(records: Records, options: IncludedTrials, context: Context) -> tuple[Draft, ...]:
    return (Draft(table=tables.included_trials(records.included)),)


def _outcome_measures(records: Records, options: OutcomeMeasures, context: Context) -> tuple[Draft, ...]:
    return (Draft(table=tables.outcome_measures(records.measures)),)


def _availability(records: Records, options: Availability, context: Context) -> tuple[Draft, ...]:
    return (Draft(sketches=(Sketch(partial(figures.draw_availability, records.availability, name=context.name)),)),)


SHOWS: tuple[Show[Any, Any], ...] = (
    Show(IncludedTrials, "Included trials", _included),
    Show(OutcomeMeasures, "Outcome measures by trial", _outcome_measures),
    Show(Availability, "What was measured, by trial and visit", _availability),
)
