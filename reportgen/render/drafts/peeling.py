"""Artefacts of a directed peeling: trajectories, and the limits of the subgroups of selected sizes."""

from __future__ import annotations

from functools import partial

from reportgen.records.model import Records
from reportgen.records.numbers import Inline
from reportgen.records.peeling import SIZES, DirectedPeeling, PeeledOutcome
from reportgen.render.drafts.draft import NOBODY, Draft, Drafter, Place, Sketch, letter, with_notes
from reportgen.render.rounding import rounded
from reportgen.spec.check import expanded
from reportgen.spec.study import Artefact, Study


def _peeling(place: Place, records: Records) -> DirectedPeeling:
    record = records.analyses[place.node.of or ""]
    assert isinstance(record, DirectedPeeling)
    return rounded(record, place.node.rounding, place.name)


def chosen(node: Artefact, study: Study, record: DirectedPeeling) -> tuple[PeeledOutcome, ...]:
    """Return the peelings that a node of the study file asks for, all of those that it does not limit; none without people."""
    wanted = {
        "comparison": expanded(node.comparison or ("all",), study.comparisons),
        "outcome": expanded(node.outcome or ("all",), study.outcomes),
        "follow_up": expanded(node.follow_up or ("all",), study.follow_up),
    }
    return tuple(
        one
        for one in record.peelings
        if not one.empty and all(getattr(one, key) in names for key, names in wanted.items())
    )


def _titles(peelings: tuple[PeeledOutcome, ...], record: DirectedPeeling) -> tuple[Inline, ...]:
    """Return what tells each part from the others: the outcome, and where they differ comparison and follow-up."""
    comparisons = {comparison.name: comparison.title for comparison in record.comparisons}
    several = len({one.comparison for one in peelings}) > 1
    visits = len({one.follow_up for one in peelings}) > 1
    return tuple(
        (
            *((comparisons[one.comparison], ": ") if several else ()),
            one.outcome_label,
            *((", ", one.follow_up_label) if visits else ()),
        )
        for one in peelings
    )


def _trajectories(place: Place, study: Study, records: Records) -> tuple[Draft, ...]:
    from reportgen.figures.trajectory import draw_trajectory

    record = _peeling(place, records)
    found, notes = _found(place, study, record)
    sizes = place.node.sizes or SIZES
    names = [place.name + (letter(i) if len(found) > 1 else "") for i in range(len(found))]
    sketches = (
        Sketch(partial(draw_trajectory, one, sizes, record.settings, name=name))
        for name, (one, _) in zip(names, found, strict=True)
    )
    return with_notes([Draft(title, (sketch,)) for sketch, (_, title) in zip(sketches, found, strict=True)], notes)


def _thresholds(place: Place, study: Study, records: Records) -> tuple[Draft, ...]:
    from reportgen.tables import peeling_thresholds

    record = _peeling(place, records)
    found, notes = _found(place, study, record)
    sizes = place.node.sizes or SIZES
    drafts = [Draft(title, table=peeling_thresholds(one, sizes, record.settings)) for one, title in found]
    return with_notes(drafts, notes)


def _found(
    place: Place, study: Study, record: DirectedPeeling
) -> tuple[list[tuple[PeeledOutcome, Inline]], tuple[Inline, ...]]:
    """Return what there is to show, each with its title, and what is said of the rest."""
    from reportgen.tables import no_frontier

    peelings = chosen(place.node, study, record)
    titled = list(zip(peelings, _titles(peelings, record), strict=True))
    said = no_frontier([(one, title) for one, title in titled if not one.boxes])
    return [(one, title) for one, title in titled if one.boxes], (said,) if said else () if titled else (NOBODY,)


SHOWN: dict[str, Drafter] = {
    "peeling-trajectories": _trajectories,
    "peeling-thresholds": _thresholds,
}
