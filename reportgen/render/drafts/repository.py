"""Artefacts that show the repository and its people: trials, characteristics, measures."""

from __future__ import annotations

from functools import partial

from reportgen.records.model import Descriptive, Records
from reportgen.render.drafts.draft import Draft, Drafter, Place, Sketch
from reportgen.render.rounding import rounded
from reportgen.spec.study import Study


def _included(place: Place, study: Study, records: Records) -> tuple[Draft, ...]:
    from reportgen.tables import included_trials

    return (Draft(table=included_trials(records.included)),)


def _descriptive(place: Place, study: Study, records: Records) -> tuple[Draft, ...]:
    from reportgen.tables import descriptive

    record = records.analyses[place.node.of or ""]
    assert isinstance(record, Descriptive)
    return (Draft(table=descriptive(rounded(record, place.node.rounding, place.name))),)


def _outcome_measures(place: Place, study: Study, records: Records) -> tuple[Draft, ...]:
    from reportgen.tables import outcome_measures

    return (Draft(table=outcome_measures(records.measures)),)


def _availability(place: Place, study: Study, records: Records) -> tuple[Draft, ...]:
    from reportgen.figures import draw_availability

    return (Draft(sketches=(Sketch(partial(draw_availability, records.availability, name=place.name)),)),)


SHOWN: dict[str, Drafter] = {
    "included-trials": _included,
    "descriptive": _descriptive,
    "outcome-measures": _outcome_measures,
    "availability": _availability,
}
