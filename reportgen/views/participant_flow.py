"""The flow of participants on the page: a figure of the repository's records and of who entered the analyses.

Each comparison is shown with the first of the analyses that say who entered it, meta-analyses before others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

from reportgen import figures
from reportgen.records.flow import AnalysedComparison, AnalysedOutcome, AnalysedPeople
from reportgen.records.model import Records
from reportgen.records.numbers import Number
from reportgen.spec.study import Study
from reportgen.tables.analysed import People
from reportgen.views.analysed import people_in
from reportgen.views.draft import Sketch
from reportgen.views.registry import by_view


def flow_sketch(records: Records, study: Study, name: str) -> Sketch | None:
    """Return the figure of the flow, still to be drawn; None where the records have none.

    Parameters
    ----------
    records : Records
    study : Study
        Gives the order of the comparisons.
    name : str
        Of the figure.
    """
    if records.flow is None:
        return None
    known = {item.name: item for item in records.flow.comparisons}
    flow = replace(records.flow, comparisons=tuple(known[name] for name in study.comparisons))
    analysed = tuple(_analysed(comparison, people) for comparison, people in entered(records).items())
    return Sketch(partial(figures.draw_flow, flow, analysed, name=name))


def entered(records: Records) -> Mapping[str, tuple[People, ...]]:
    """Return who entered the first analysis of each comparison, by the comparison's name."""
    found: dict[str, tuple[People, ...]] = {}
    for _, own in by_view(records.analyses.values()):
        for record in own:
            people = tuple(people_in(record))
            for name in dict.fromkeys(item.comparison for item in people):
                found.setdefault(name, tuple(item for item in people if item.comparison == name))
    return found


def _analysed(comparison: str, people: Sequence[People]) -> AnalysedComparison:
    follow_ups = _labels((item.follow_up, item.follow_up_label) for item in people)
    outcomes = _labels((item.outcome, item.outcome_label) for item in people)
    cells = {(item.outcome, item.follow_up): AnalysedPeople(item.trials, item.n) for item in people}
    return AnalysedComparison(
        comparison,
        tuple(follow_ups.values()),
        tuple(
            AnalysedOutcome(label, tuple(cells.get((outcome, visit)) for visit in follow_ups))
            for outcome, label in outcomes.items()
        ),
    )


def _labels(pairs: Iterator[tuple[str, Number]]) -> dict[str, Number]:
    """Return the first label of each name."""
    found: dict[str, Number] = {}
    for name, label in pairs:
        found.setdefault(name, label)
    return found
