"""Subgroups fixed in advance side by side on the page: their forest, their numbers, and what the test between them is worth."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from reportgen import figures
from reportgen.records.numbers import Inline
from reportgen.records.subsets import BETWEEN, SubgroupDifferences, SubsetOutcome, within_trials
from reportgen.spec.shows import Limited, SubsetEstimates, SubsetForest
from reportgen.tables.phrases import enumerated
from reportgen.tables.subsets import subset_estimates
from reportgen.views.chosen import chosen, in_parts
from reportgen.views.draft import Draft, Sketch, or_nobody, sketched
from reportgen.views.findings.subgroup_differences import subset_findings
from reportgen.views.prose.section import sections_of_each
from reportgen.views.view import Context, Show, View


def _outcomes(record: SubgroupDifferences, options: Limited, context: Context) -> tuple[SubsetOutcome, ...]:
    """Return the outcomes that are asked for, without those that nobody could enter."""
    return chosen((outcome for outcome in record.results if not outcome.empty), options, context.study)


def _forest(record: SubgroupDifferences, options: SubsetForest, context: Context) -> tuple[Draft, ...]:
    draw = partial(figures.draw_subsets, settings=record.settings, limits=options.limits)

    def sketch(outcomes: Sequence[SubsetOutcome], name: str) -> tuple[Sketch, ...]:
        return (Sketch(partial(draw, outcomes, name=name)),)

    outcomes = _outcomes(record, options, context)
    parts = in_parts(outcomes, options.parts, record.titles)
    drawn = [part for part in parts if any(item.estimated for outcome in part[1] for item in outcome.effects)]
    return sketched(drawn, outcomes, context.name, sketch, record.titles)


def _estimates(record: SubgroupDifferences, options: SubsetEstimates, context: Context) -> tuple[Draft, ...]:
    parts = in_parts(_outcomes(record, options, context), options.parts, record.titles)
    return or_nobody([Draft(title, table=subset_estimates(found, record.settings)) for title, found in parts])


def _methods(record: SubgroupDifferences) -> Iterator[Inline]:
    settings = record.settings
    groups = [group for outcome in record.results for group in outcome.groups]
    everybody: Inline = () if settings.everybody is None else (", beside that of “", settings.everybody, "”")
    yield (
        "The effects of the meta-analyses ",
        *enumerated([("“", name, "”") for name in settings.subsets]),
        ", each limited to a subgroup fixed in advance, were set side by side",
        *everybody,
        ". Subgroups by the same covariate were compared where no participant can be in two of them and all of their effects are disclosed; "
        "no model was fitted anew.",
    )
    if any(group.compared for group in groups):
        yield (BETWEEN,)
    inside = within_trials(groups, settings)
    if inside:
        yield inside


VIEW = View(
    method="subgroup-differences",
    record=SubgroupDifferences,
    label="Subgroups fixed in advance",
    prose=partial(sections_of_each, "Subgroups fixed in advance", "subgroup-differences", _methods),
    findings=subset_findings,
    shows=(
        Show(
            SubsetForest,
            "Effects in subgroups fixed in advance",
            _forest,
            beside={"subset-estimates": "All numbers are given in"},
        ),
        Show(
            SubsetEstimates,
            "Effects in subgroups fixed in advance, in numbers",
            _estimates,
            beside={"subset-forest": "Drawn in"},
        ),
    ),
)
