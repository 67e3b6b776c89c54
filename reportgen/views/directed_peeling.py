"""A directed peeling on the page: trajectories, and the limits of the subgroups of selected sizes."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from reportgen import tables
from reportgen.figures.trajectory import draw_trajectory
from reportgen.records.numbers import Inline
from reportgen.records.peeling import SIZES, DirectedPeeling, PeeledOutcome
from reportgen.spec.shows import Limited, PeelingThresholds, PeelingTrajectories
from reportgen.tables.adjusters import peeling_fits
from reportgen.views.chosen import chosen, labels_apart
from reportgen.views.credibility import ratings_of
from reportgen.views.draft import NOBODY, Draft, Sketch, stems, with_notes
from reportgen.views.findings.searches import search_findings
from reportgen.views.prose.directed_peeling import peeling_methods
from reportgen.views.prose.section import sections_of_each
from reportgen.views.view import Back, Context, Ended, Show, View, ended


def _trajectories(record: DirectedPeeling, options: PeelingTrajectories, context: Context) -> tuple[Draft, ...]:
    found, notes = _found(record, options, context)
    sizes = options.sizes or SIZES
    sketches = (
        Sketch(partial(draw_trajectory, item, sizes, record.settings, name=name), width=options.width)
        for name, (item, _) in zip(stems(context.name, len(found)), found, strict=True)
    )
    return with_notes([Draft(title, (sketch,)) for sketch, (_, title) in zip(sketches, found, strict=True)], notes)


def _thresholds(record: DirectedPeeling, options: PeelingThresholds, context: Context) -> tuple[Draft, ...]:
    found, notes = _found(record, options, context)
    sizes = options.sizes or SIZES
    drafts = [
        Draft(
            title,
            table=tables.peeling_thresholds(item, sizes, record.settings, ratings_of(record, [item], context, sizes)),
        )
        for item, title in found
    ]
    return with_notes(drafts, notes)


def _found(
    record: DirectedPeeling, options: Limited, context: Context
) -> tuple[list[tuple[PeeledOutcome, Inline]], tuple[Inline, ...]]:
    """Return what there is to show, each with its title, and what is said of the rest."""
    peelings = chosen((result for result in record.results if not result.empty), options, context.study)
    titled = list(zip(peelings, labels_apart(peelings, record.titles), strict=True))
    note = tables.no_frontier([(item, title) for item, title in titled if not item.boxes])
    return [(item, title) for item, title in titled if item.boxes], (note,) if note else () if titled else (NOBODY,)


def _status(records: Sequence[DirectedPeeling]) -> Ended:
    return ended(records, Back("peeling-status", "Status of each directed peeling", tables.peeling_status(records)))


VIEW = View(
    method="directed-peeling",
    record=DirectedPeeling,
    label="Directed peeling",
    prose=partial(sections_of_each, "Directed peeling", "directed-peeling", peeling_methods),
    status=_status,
    fits=peeling_fits,
    people=True,
    findings=partial(search_findings, "Directed peeling"),
    shows=(
        Show(
            PeelingTrajectories,
            "Directed peeling: effect by size of the subgroup",
            _trajectories,
            beside={"peeling-thresholds": "Limits and effects at selected sizes are given in"},
        ),
        Show(
            PeelingThresholds,
            "Directed peeling: thresholds of selected subgroups",
            _thresholds,
            beside={"peeling-trajectories": "Drawn in"},
        ),
    ),
)
